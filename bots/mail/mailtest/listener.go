package mailtest

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"sync"
	"syscall"
)

// A listener counts the connections that it accepts, and can end them all.
type listener struct {
	net.Listener
	tls *tls.Config // nil: none from the first byte

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	total int
	over  bool // closeAll was called
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, conns: map[net.Conn]struct{}{}}
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	l.total++
	l.conns[c] = struct{}{}
	known := &counted{Conn: c, gone: func() { l.forget(c) }}
	if l.tls != nil {
		return tls.Server(known, l.tls), nil
	}
	return known, nil
}

func (l *listener) forget(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

func (l *listener) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

func (l *listener) opened() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// closeAll ends the listener and every connection.
func (l *listener) closeAll() {
	_ = l.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for c := range l.conns {
		_ = c.Close()
	}
}

// A counted connection tells its listener when it is closed.
type counted struct {
	net.Conn
	gone func()
}

func (c *counted) Close() error {
	c.gone()
	return c.Conn.Close()
}

// A pipeListener accepts what its dial makes.
type pipeListener struct {
	waiting chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

// dial returns one end of a pipe and lets Accept return the other. Like a dial over
// TCP, it is refused once the listener is closed.
func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.waiting <- there:
		return here, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.waiting:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
