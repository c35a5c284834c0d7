package storage

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/core"
)

// line returns the line of a key file for the key that is 32 times b.
func line(id string, b byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, secretSize)) + "\n"
}

// keysOf parses a key file that must be right.
func keysOf(t testing.TB, lines ...string) *Keys {
	t.Helper()
	k, err := ParseKeys([]byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeyFileIsReadWithCommentsAndBlankLines(t *testing.T) {
	t.Parallel()
	k := keysOf(t, "# made in November\n\n", line("k1", 1), "  \t\r\n", "\t"+line("2026-11_b", 2), "#"+line("k3", 3))
	if got, want := len(k.all), 2; got != want {
		t.Fatalf("%d keys, want %d", got, want)
	}
	if k.all[0].id != "k1" || k.all[1].id != "2026-11_b" {
		t.Errorf("ids %q and %q", k.all[0].id, k.all[1].id)
	}
}

func TestKeyFileThatIsWrongIsRefusedWithItsLineAndNothingOfIt(t *testing.T) {
	t.Parallel()
	secret := strings.TrimPrefix(line("k1", 7), "k1:")
	for name, text := range map[string]string{
		"empty":         "",
		"only comments": "# nothing\n\n",
		"no id":         line("k1", 1) + secret,
		"empty id":      line("k1", 1) + ":" + secret,
		"strange id":    line("k1", 1) + "k 2:" + secret,
		"long id":       line("k1", 1) + line(strings.Repeat("k", 33), 2),
		"short secret":  line("k1", 1) + "k2:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 31)),
		"long secret":   line("k1", 1) + "k2:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 33)),
		"not base64":    line("k1", 1) + "k2:" + strings.Repeat("!", 44),
		"repeated id":   line("k1", 1) + line("k1", 2),
	} {
		_, err := ParseKeys([]byte(text))
		if core.CodeOf(err) != core.Invalid {
			t.Errorf("%s: got %v, want it to be invalid", name, err)
			continue
		}
		if len(text) > 20 && strings.HasPrefix(text, "k1") && !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v does not name line 2", name, err)
		}
		if strings.Contains(err.Error(), secret[:8]) {
			t.Errorf("%s: the error holds a part of the secret", name)
		}
	}
}

func TestKeyFileThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	for mode, want := range map[fs.FileMode]core.Code{
		0o400: "", 0o600: "", 0o440: core.Invalid, 0o404: core.Invalid, 0o644: core.Invalid, 0o620: core.Invalid,
	} {
		os.Remove(path)
		if err := os.WriteFile(path, []byte(line("k1", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKeys(path); core.CodeOf(err) != want {
			t.Errorf("mode %o: got %v, want the code %q", mode, err, want)
		}
	}
}

func TestNewKeyFileIsItsOwnersAndIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	if _, err := ReadKeys(path); !errors.Is(err, fs.ErrNotExist) || core.CodeOf(err) != core.Invalid {
		t.Errorf("a missing file: %v", err)
	}
	if err := NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	first, err := ReadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("mode %v, %v; want 0400", info.Mode(), err)
	}
	if err := NewKeyFile(path); core.CodeOf(err) != core.Conflict {
		t.Errorf("a second time: %v, want a conflict", err)
	}
	again, err := ReadKeys(path)
	if err != nil || again.list() != first.list() {
		t.Errorf("the key changed: %v", err)
	}
	other := filepath.Join(t.TempDir(), "keys")
	if err := NewKeyFile(other); err != nil {
		t.Fatal(err)
	}
	if k, err := ReadKeys(other); err != nil || k.list() == first.list() {
		t.Errorf("two files have one key: %v", err)
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	k := keysOf(t, line("k1", 1))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, k); got != "[keys]" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

func TestFindTellsPurposesPartsAndKeysApart(t *testing.T) {
	t.Parallel()
	one, two := keysOf(t, line("k1", 1)), keysOf(t, line("k1", 2))
	seen := map[string]string{}
	for name, hash := range map[string][]byte{
		"chat a b":       one.find("chat", "a", "b"),
		"chat ab":        one.find("chat", "ab"),
		"chat ab, empty": one.find("chat", "ab", ""),
		"account a b":    one.find("account", "a", "b"),
		"another key":    two.find("chat", "a", "b"),
	} {
		if other, ok := seen[string(hash)]; ok || len(hash) != 32 {
			t.Errorf("%s has %d bytes, or is that of %s", name, len(hash), other)
		}
		seen[string(hash)] = name
	}
	if !bytes.Equal(one.find("chat", "a"), one.find("chat", "a")) {
		t.Error("a hash is not found again")
	}
}

func TestFindIsCarriedOnWhenAKeyIsAdded(t *testing.T) {
	t.Parallel()
	one := keysOf(t, line("k1", 1))
	three := keysOf(t, line("k1", 1), line("k2", 2), line("k3", 3))
	if got, want := three.chain(one.find("chat", "a"), 1), three.find("chat", "a"); !bytes.Equal(got, want) {
		t.Error("a hash that is carried on is not the one of all keys")
	}
}

func TestKeysMatchWhatADatabaseRecords(t *testing.T) {
	t.Parallel()
	recorded := keysOf(t, line("k1", 1), line("k2", 2)).list()
	for name, c := range map[string]struct {
		lines []string
		want  string // of the error; "" for none
	}{
		"the same":      {[]string{line("k1", 1), line("k2", 2)}, ""},
		"one more":      {[]string{line("k1", 1), line("k2", 2), line("k3", 3)}, ""},
		"one less":      {[]string{line("k1", 1)}, "lacks the key k2"},
		"another":       {[]string{line("k1", 1), line("k2", 9)}, "its key k2 is another"},
		"another order": {[]string{line("k2", 2), line("k1", 1)}, "another order"},
		"one in front":  {[]string{line("k3", 3), line("k1", 1), line("k2", 2)}, "another order"},
		"one between":   {[]string{line("k1", 1), line("k3", 3), line("k2", 2)}, "another order"},
	} {
		err := keysOf(t, c.lines...).match(recorded)
		if c.want == "" && err != nil || c.want != "" && (core.CodeOf(err) != core.Invalid || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if err := keysOf(t, line("k1", 1)).match(""); err != nil {
		t.Errorf("a new database: %v", err)
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(line("k1", 1)))
	f.Add([]byte("# comment\r\n\n" + line("k1", 1) + line("k2", 2)))
	f.Add([]byte("k1:"))
	f.Add([]byte(":AAAA\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := ParseKeys(text)
		if err != nil {
			if core.CodeOf(err) != core.Invalid {
				t.Errorf("the code is %q", core.CodeOf(err))
			}
			return
		}
		if err := k.match(k.list()); err != nil {
			t.Errorf("keys do not match their own list: %v", err)
		}
	})
}

// What others seal must open after a key was added, and with no other key file.
func TestASecretIsThatOfTheFirstKeyAndOfOnePurpose(t *testing.T) {
	t.Parallel()
	one := keysOf(t, line("a", 1))
	if got := keysOf(t, line("a", 1), line("b", 2)).Secret("letters"); !bytes.Equal(got, one.Secret("letters")) || len(got) != 32 {
		t.Error("a new key changes the secret, or it has not 32 bytes")
	}
	for _, other := range [][]byte{one.Secret("numbers"), keysOf(t, line("a", 2)).Secret("letters")} {
		if bytes.Equal(other, one.Secret("letters")) {
			t.Error("two purposes or two files have one secret")
		}
	}
}
