package telegram_test

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tocsin/bots/telegram"
	"tocsin/core"
)

// rude returns the address of a server that treats each connection as it is told.
func rude(t *testing.T, treat func(*net.TCPConn)) (api string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				treat(c.(*net.TCPConn))
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

const gateway = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"

// A thousand uploads fail, each in one of five ways. They leave nothing open.
// It runs alone: other tests open files, too.
func TestAThousandFailedUploadsLeaveNothing(t *testing.T) {
	before, files := goleak.IgnoreCurrent(), openFiles(t)
	t.Run("fail", failUploads)
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	if n := openFiles(t); n > files {
		t.Errorf("%d files are open, %d were", n, files)
	}
}

func failUploads(t *testing.T) {
	some := make([]byte, 1<<10)
	for name, tt := range map[string]struct {
		api  string
		size int
		time time.Duration // after which we give up
	}{
		"the connection is cut meanwhile": {api: rude(t, func(c *net.TCPConn) {
			_, _ = io.ReadFull(c, some)
			_ = c.SetLinger(0)
		}), size: 1 << 20, time: time.Second},
		"a gateway does not wait for its end": {api: rude(t, func(c *net.TCPConn) {
			_, _ = c.Read(make([]byte, 100))
			_, _ = io.WriteString(c, gateway)
		}), size: 1 << 20, time: time.Second},
		"a gateway takes all of it": {api: rude(t, func(c *net.TCPConn) {
			_, _ = io.CopyN(io.Discard, c, 20<<10)
			_, _ = io.WriteString(c, gateway)
		}), size: 20 << 10, time: time.Second},
		"nobody listens": {api: "http://127.0.0.1:1", size: 20 << 10, time: time.Second},
		"the context ends": {api: rude(t, func(c *net.TCPConn) {
			_, _ = c.Read(some)
			_, _ = io.CopyN(io.Discard, c, 1<<30) // until the other end has gone
		}), size: 1 << 20, time: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			const token = "4711:abcdefghijklmnop"
			a, err := telegram.New(telegram.Config{Token: token, API: tt.api})
			if err != nil {
				t.Fatal(err)
			}
			d := core.Delivery{To: core.ChatRef{Bot: a.Bot(), Chat: "5"}, Kind: core.Private, Lane: core.Talk, Content: &core.Message{
				File: &core.Attachment{Name: "a.ics", MIME: "text/calendar", Data: make([]byte, tt.size)},
			}}
			for range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), tt.time)
				_, err := a.Send(ctx, d)
				cancel()
				if code := core.CodeOf(err); code != core.Unavailable && code != core.Uncertain {
					t.Fatalf("the error is %v", err)
				}
			}
			// A connection that came too late for its call is kept for the next one, until
			// the end of Run.
			over, end := context.WithCancel(t.Context())
			end()
			if err := a.Run(over, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// openFiles counts the file descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not tell which files are open")
	}
	return len(all)
}
