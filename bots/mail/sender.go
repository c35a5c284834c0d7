package mail

import (
	"context"
	"errors"
	"time"

	"tocsin/core"
)

// Post hands l to the server on a connection of its own. It takes at most the
// Timeout of Config, waiting for a free connection included, and ends sooner if
// ctx does. It fails with
//   - Invalid if l breaks a rule, or the server refuses it for good (5xx);
//   - Unavailable if it was not sent and may be tried again: the server is away,
//     asks to come back later (4xx), refuses the login, cannot be trusted, or ctx
//     ended before the text was out;
//   - Uncertain if the text was sent and the answer was lost.
func (s *Sender) Post(ctx context.Context, l *core.Letter) error {
	p, err := s.pack(l, time.Now())
	if err != nil {
		return err
	}
	return s.run(ctx, "mail: send letter", func(ctx context.Context, c *connection) error {
		return c.send(ctx, p)
	})
}

// Check connects, encrypts and logs in as Post does, and sends nothing. Its error
// is Unavailable and tells the operator what is wrong.
func (s *Sender) Check(ctx context.Context) error {
	return s.run(ctx, "mail: check server", func(ctx context.Context, c *connection) error {
		return judge(ctx, stepNoop, c.smtp.Noop())
	})
}

// run calls do with an open connection, and closes it. What says what is tried, for
// the error.
func (s *Sender) run(ctx context.Context, what string, do func(context.Context, *connection) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()

	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return core.Wrap(core.Unavailable, ctx.Err(), what+": wait for a free connection")
	}
	c, err := s.connect(ctx)
	if err == nil {
		err = do(ctx, c)
		c.close(err)
	}
	if f, ok := errors.AsType[*fault](err); ok {
		return core.Wrap(f.code, err, what)
	}
	return err
}
