package telegram

import (
	"context"
	"crypto/sha256"
	"maps"
	"sync"
)

// A digest tells files apart that the server keeps: by how they are shown, their name
// and their bytes.
type digest [sha256.Size]byte

func digestOf(p piece) digest {
	h := sha256.New()
	h.Write([]byte(string(p.method) + "\x00" + p.file.name + "\x00"))
	h.Write(p.file.bytes)
	return digest(h.Sum(nil))
}

// mostStocked bounds how many files are remembered.
const mostStocked = 64

// A stock remembers what the server calls the files that it has, so that a file that
// many people get is uploaded once. Those names are of one bot, as a stock is.
type stock struct {
	mu    sync.Mutex
	files map[digest]*stocked
	order []digest // the oldest first
}

// A stocked file is uploaded by whoever holds it; the others wait, and use its name.
type stocked struct {
	held chan struct{} // of one place
	id   string        // "" until it is uploaded
}

// find returns the place of a file, and makes room for it.
func (s *stock) find(d digest) *stocked {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files[d]; f != nil {
		return f
	}
	if s.files == nil {
		s.files = map[digest]*stocked{}
	}
	if len(s.order) >= mostStocked {
		delete(s.files, s.order[0])
		s.order = s.order[1:]
	}
	f := &stocked{held: make(chan struct{}, 1)}
	s.files[d] = f
	s.order = append(s.order, d)
	return f
}

// hold waits until f is free. It fails if ctx ends before.
func (f *stocked) hold(ctx context.Context) error {
	select {
	case f.held <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &fault{kind: notSent, cause: ctx.Err()}
	}
}

func (f *stocked) free() { <-f.held }

// sendFile sends a file by the name that the server has for it, or uploads it.
func (a *Adapter) sendFile(ctx context.Context, p piece) (*sent, error) {
	f := a.stock.find(digestOf(p))
	if err := f.hold(ctx); err != nil {
		return nil, err
	}
	if id := f.id; id != "" {
		f.free()
		m, err := a.sendKnown(ctx, p, id)
		if kindOf(err) != fileGone {
			return m, err
		}
		if err := f.hold(ctx); err != nil {
			return nil, err
		}
	}
	defer f.free()
	var m sent
	err := a.client.upload(ctx, p.method, p.params, *p.file, &m)
	if err == nil {
		f.id = m.file()
	}
	return &m, err
}

func (a *Adapter) sendKnown(ctx context.Context, p piece, id string) (*sent, error) {
	ask := maps.Clone(p.params)
	ask.text(p.file.field, id)
	var m sent
	err := a.client.call(ctx, p.method, ask, &m)
	return &m, err
}
