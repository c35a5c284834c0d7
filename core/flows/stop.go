package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
)

// stop silences everything at once, in every state, and can be undone.
func stop() *conversation.Flow {
	return &conversation.Flow{
		Name:     "stop",
		Commands: []conversation.Command{{Name: "stop", Do: stopAll, Bare: true}},
		Actions:  map[core.Verb]conversation.Action{"stop.all": stopAll, "stop.undo": undoStop},
	}
}

func stopAll(ctx context.Context, t *conversation.Turn, _ string) error {
	t.Close()
	if t.Supporter == nil {
		t.Say("stop.stranger", nil)
		return nil
	}
	t.Supporter.Stopped = true
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Choose("stop.done", nil, t.Button("stop.undo", "stop.undo"))
	return nil
}

func undoStop(ctx context.Context, t *conversation.Turn, _ string) error {
	if t.Supporter == nil || !t.Supporter.Stopped {
		t.Say("stop.running", nil)
		return nil
	}
	t.Supporter.Stopped = false
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Say("stop.undone", nil)
	return nil
}
