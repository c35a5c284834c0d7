package console

import (
	"os"
	"os/signal"
)

// watch lets signals resize the terminal, resume the editor or end the input, until
// the input has ended.
func (e *editor) watch(l *listener) {
	signals := make(chan os.Signal, len(meanings))
	for s := range meanings {
		signal.Notify(signals, s)
	}
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-l.quit:
				return
			case s := <-signals:
				meanings[s](e, l)
			}
		}
	}()
}

// What a signal may mean.
func resizes(e *editor, _ *listener) { e.resize() }
func resumes(e *editor, _ *listener) { e.resume() }
func hangsUp(_ *editor, l *listener) { l.hangUp() }
