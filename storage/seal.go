package storage

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"tocsin/core"
)

// A cell says where a sealed value stands. It is bound to it: copied to another row,
// column or table, a value does not open. Row never changes as long as the row lives.
type cell struct{ Table, Column, Row string }

// bound returns what a value sealed by the key id at c is bound to.
func (c cell) bound(id string) []byte { return pack(c.Table, c.Column, c.Row, id) }

// seal encrypts plain with the last key (AES-256-GCM). The result is the length of the
// key's id in one byte, the id, 12 random bytes, and the text with its tag.
func (k *Keys) seal(at cell, plain []byte) ([]byte, error) {
	last := &k.all[len(k.all)-1]
	out := make([]byte, 0, 1+len(last.id)+len(plain)+last.aead.Overhead())
	out = append(out, byte(len(last.id)))
	out = append(out, last.id...)
	return last.aead.Seal(out, nil, plain, at.bound(last.id)), nil
}

// open returns what was sealed at a cell, with whatever key. It fails with Internal if
// the value was sealed for another cell or with a key that the file does not have, or
// was changed since.
func (k *Keys) open(at cell, sealed []byte) ([]byte, error) {
	what := "open sealed " + at.Table
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, core.Wrap(core.Internal, errors.New("it is cut short"), "storage: "+what)
	}
	id, text := string(sealed[1:1+int(sealed[0])]), sealed[1+int(sealed[0]):]
	by := k.byID(id)
	if by == nil {
		return nil, core.Wrap(core.Internal, errors.New("the key file does not have its key"), "storage: "+what)
	}
	plain, err := by.aead.Open(nil, nil, text, at.bound(id))
	if err != nil {
		return nil, core.Wrap(core.Internal, errors.New("it was changed or moved"), "storage: "+what)
	}
	return plain, nil
}

// sealJSON seals v as JSON.
func (k *Keys) sealJSON(at cell, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, core.Wrap(core.Internal, errors.New("it has no JSON form"), "storage: seal "+at.Table)
	}
	return k.seal(at, plain)
}

// openJSON opens what sealJSON sealed into v, a pointer.
func (k *Keys) openJSON(at cell, sealed []byte, v any) error {
	plain, err := k.open(at, sealed)
	if err != nil {
		return err
	}
	if json.Unmarshal(plain, v) != nil { // its error quotes the text
		return core.Wrap(core.Internal, errors.New("it is not of the expected form"), "storage: open sealed "+at.Table)
	}
	return nil
}

// pack joins strings, whatever is in them, so that no two lists look alike: each with
// its length before it. unpack takes them apart.
func pack(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}

// unpack returns what was packed; it reports false if b is not of that form.
func unpack(b []byte) ([]string, bool) {
	var parts []string
	for len(b) > 0 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, false
		}
		b = b[size:]
		parts = append(parts, string(b[:n]))
		b = b[n:]
	}
	return parts, true
}
