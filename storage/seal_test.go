package storage

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tocsin/core"
)

var home = cell{Table: "chats", Column: "sealed", Row: "7"}

func TestSealedValueOpensWhereItStands(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		k := keysOf(t, line("k1", 1))
		at := cell{rapid.String().Draw(r, "table"), rapid.String().Draw(r, "column"), rapid.String().Draw(r, "row")}
		plain := rapid.SliceOf(rapid.Byte()).Draw(r, "plain")
		sealed, err := k.seal(at, plain)
		if err != nil {
			r.Fatal(err)
		}
		got, err := k.open(at, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			r.Fatalf("got %x, %v; want %x", got, err, plain)
		}
	})
}

func TestSealedValueThatWasMovedDoesNotOpen(t *testing.T) {
	t.Parallel()
	k := keysOf(t, line("k1", 1))
	sealed, err := k.seal(home, []byte("-1001"))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []cell{
		{"accounts", "sealed", "7"}, {"chats", "find", "7"}, {"chats", "sealed", "8"},
		{"chat", "ssealed", "7"}, {"chats", "sealed7", ""},
	} {
		if _, err := k.open(at, sealed); core.CodeOf(err) != core.Internal {
			t.Errorf("at %+v: got %v, want it not to open", at, err)
		}
	}
}

func TestSealedValueThatWasChangedDoesNotOpen(t *testing.T) {
	t.Parallel()
	k := keysOf(t, line("k1", 1), line("k2", 2))
	sealed, err := k.seal(home, []byte("-1001"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		for _, bit := range []byte{1, 3, 0x80} {
			changed := slices.Clone(sealed)
			changed[i] ^= bit
			if _, err := k.open(home, changed); core.CodeOf(err) != core.Internal {
				t.Errorf("byte %d ^ %#x: got %v, want it not to open", i, bit, err)
			}
		}
		if _, err := k.open(home, sealed[:i]); core.CodeOf(err) != core.Internal {
			t.Errorf("cut after %d bytes: got %v, want it not to open", i, err)
		}
	}
}

func TestSealedValueNeverLooksTheSame(t *testing.T) {
	t.Parallel()
	k := keysOf(t, line("k1", 1))
	a, err := k.seal(home, []byte("-1001"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := k.seal(home, []byte("-1001"))
	if err != nil || bytes.Equal(a, b) || bytes.Contains(a, []byte("-1001")) {
		t.Errorf("sealed twice: %x and %x, %v", a, b, err)
	}
}

func TestLastKeySealsAndAllOpen(t *testing.T) {
	t.Parallel()
	one := keysOf(t, line("k1", 1))
	two := keysOf(t, line("k1", 1), line("k2", 2))
	old, err := one.seal(home, []byte("-1001"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := two.open(home, old); err != nil || string(got) != "-1001" {
		t.Errorf("with a key added: %q, %v", got, err)
	}
	fresh, err := two.seal(home, []byte("-1001"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.open(home, fresh); core.CodeOf(err) != core.Internal {
		t.Errorf("with the first key alone: %v, want it not to open", err)
	}
	if _, err := keysOf(t, line("k1", 9)).open(home, old); core.CodeOf(err) != core.Internal {
		t.Errorf("with another key of the same id: %v, want it not to open", err)
	}
}

func TestPackedPartsComeApartAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.SliceOf(rapid.String()).Draw(r, "parts")
		got, ok := unpack(pack(parts...))
		if !ok || !slices.Equal(got, parts) {
			r.Fatalf("got %q, %v; want %q", got, ok, parts)
		}
	})
}

func FuzzOpen(f *testing.F) {
	k := keysOf(f, line("k1", 1))
	sealed, err := k.seal(home, []byte("-1001"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{})
	f.Add([]byte{255, 'k'})
	f.Add([]byte("\x02k1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, err := k.open(home, b); err == nil && string(plain) != "-1001" {
			t.Errorf("opened what was not sealed: %x", plain)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack("a", "", "b"))
	f.Add([]byte{5, 'a'})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if parts, ok := unpack(b); ok && len(b) > 0 && len(parts) == 0 {
			t.Error("no parts of something")
		}
	})
}
