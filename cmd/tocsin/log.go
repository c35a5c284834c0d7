package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"

	"tocsin/core"
)

// newLog returns a log that writes lines of text or JSON to w. Of a value it writes
// only what is known to be harmless: see safe.
func newLog(w io.Writer, format string, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: safe}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// safe lets plain kinds, errors and a few of our own names pass, and replaces any
// other value by its type: what nobody thought of must not be written. Types that
// hold something about a person redact themselves before.
func safe(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindAny {
		return a
	}
	switch v := a.Value.Any().(type) {
	case error:
		a.Value = slog.StringValue(plain(v))
	case core.Code:
		a.Value = slog.StringValue(string(v))
	case core.JobName:
		a.Value = slog.StringValue(string(v))
	case core.Platform:
		a.Value = slog.StringValue(string(v))
	case core.TaskName:
		a.Value = slog.StringValue(string(v))
	case core.Lane:
		a.Value = slog.Int64Value(int64(v))
	case core.OutgoingID:
		a.Value = slog.Int64Value(int64(v))
	case slog.Level, *slog.Source, nil:
	default:
		a.Value = slog.StringValue(fmt.Sprintf("[%T]", v))
	}
	return a
}

// plain returns the text of an error. By our own rule it holds nothing about a person
// and no secret; the error of a call to a URL does, and loses it.
func plain(err error) string {
	text := err.Error()
	call, ok := errors.AsType[*url.Error](err)
	if !ok {
		return text
	}
	bare := call.Op + ": " + plain(call.Err)
	if full := call.Error(); strings.Contains(text, full) {
		return strings.ReplaceAll(text, full, bare)
	}
	return bare
}
