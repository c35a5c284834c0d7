package main

import (
	"fmt"
	"io"
	"log/slog"
)

// A Secret is a setting that may hold a password. It prints, logs and marshals as
// "[secret]", whatever the verb; string(s) is the text itself.
type Secret string

const redacted = "[secret]"

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (Secret) Format(s fmt.State, _ rune)   { io.WriteString(s, redacted) }
