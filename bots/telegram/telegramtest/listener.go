package telegramtest

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"sync"
	"syscall"
)

// A gate is the network address of a Server. It can be shut, so that connections are
// refused, and opened again at the same address.
type gate struct {
	tls  *tls.Config   // nil: none
	pipe chan net.Conn // nil: TCP
	addr string

	mu     sync.Mutex
	open   net.Listener  // nil: shut
	closed chan struct{} // the open listener's end
	conns  map[net.Conn]struct{}
	served sync.WaitGroup
}

// unlock opens the gate and serves what comes until it is shut.
func (g *gate) unlock(serve func(net.Listener)) error {
	l, err := g.listen()
	if err != nil {
		return err
	}
	if g.tls != nil {
		l = tls.NewListener(l, g.tls)
	}
	g.mu.Lock()
	g.open, g.closed = l, make(chan struct{})
	g.mu.Unlock()
	g.served.Go(func() { serve(l) })
	return nil
}

func (g *gate) listen() (net.Listener, error) {
	if g.pipe != nil {
		return &pipeListener{gate: g, waiting: g.pipe, closed: make(chan struct{})}, nil
	}
	l, err := net.Listen("tcp", g.addr)
	if err != nil {
		return nil, err
	}
	g.addr = l.Addr().String()
	return &tcpListener{Listener: l, gate: g}, nil
}

// shut refuses new connections and resets those that are open.
func (g *gate) shut() {
	g.mu.Lock()
	l := g.open
	if l != nil {
		g.open = nil
		close(g.closed)
	}
	g.mu.Unlock()
	if l != nil {
		_ = l.Close()
	}
	g.served.Wait()
	g.reset()
}

// reset ends all connections without a goodbye.
func (g *gate) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		cut(c)
	}
	clear(g.conns)
}

func (g *gate) keep(c net.Conn) net.Conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[c] = struct{}{}
	return &kept{Conn: c, gate: g}
}

// cut closes c so that the other end sees a reset, where the network has resets.
func cut(c net.Conn) {
	switch c := c.(type) {
	case *kept:
		c.leave()
		cut(c.Conn)
	case *tls.Conn:
		cut(c.NetConn())
	case *net.TCPConn:
		_ = c.SetLinger(0)
		_ = c.Close()
	default:
		_ = c.Close()
	}
}

// A kept connection leaves its gate when it is closed.
type kept struct {
	net.Conn
	gate *gate
}

func (k *kept) Close() error {
	k.leave()
	return k.Conn.Close()
}

func (k *kept) leave() {
	k.gate.mu.Lock()
	defer k.gate.mu.Unlock()
	delete(k.gate.conns, k.Conn)
}

type tcpListener struct {
	net.Listener
	gate *gate
}

func (l *tcpListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.gate.keep(c), nil
}

// dial connects to the gate, whatever address a request names.
func (g *gate) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if g.pipe == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", g.addr)
	}
	refused := &net.OpError{Op: "dial", Net: "pipe", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	g.mu.Lock()
	open, closed := g.open != nil, g.closed
	g.mu.Unlock()
	if !open {
		return nil, refused
	}
	here, there := net.Pipe()
	select {
	case g.pipe <- there:
		return here, nil
	case <-closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A pipeListener accepts what its gate's dial makes.
type pipeListener struct {
	gate    *gate
	waiting chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.waiting:
		return l.gate.keep(c), nil
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
