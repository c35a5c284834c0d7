package storage

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"tocsin/core"
)

// secretSize is the size of a secret in a key file, in bytes.
const secretSize = 32

// Keys seal what may name a person, and hash what such a thing is found by. They come
// from a key file and never from the database.
type Keys struct{ all []key }

// A key is one line of a key file, with what is derived from its secret.
type key struct {
	id    string
	aead  cipher.AEAD // random nonces: good for 2^32 values (NIST SP 800-38D, 8.3)
	find  []byte
	own   []byte // what others keep beside the database is sealed with what is made of it
	check string // tells the key from another of the same id, and nothing else
}

// ReadKeys reads a key file: a line "id:secret" for each key, the secret 32 bytes in
// base64; empty lines and those that begin with # are passed over. The last key seals,
// all of them open. A new key goes at the end, and none is ever taken out. It fails
// with Invalid if others than the owner may read the file or a line is wrong; the error
// satisfies errors.Is(err, fs.ErrNotExist) if there is no file.
func ReadKeys(path string) (*Keys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, core.Wrap(core.Invalid, bareError(err), "storage: read key file")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, invalid("read key file", "others than its owner may read it: chmod 400")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, core.Wrap(core.Invalid, bareError(err), "storage: read key file")
	}
	return ParseKeys(text)
}

// keyID is what an id may be: it is written in front of each sealed value.
var keyID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,32}$`)

// ParseKeys reads the text of a key file. It fails with Invalid if there is no key, two
// have one id or a line is no key; the error names the line and nothing of it.
func ParseKeys(text []byte) (*Keys, error) {
	k := new(Keys)
	for i, line := range bytes.Split(text, []byte("\n")) {
		s := strings.TrimSpace(string(line))
		if s == "" || strings.HasPrefix(s, "#") {
			continue
		}
		id, encoded, _ := strings.Cut(s, ":")
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(secret) != secretSize || !keyID.MatchString(id) {
			return nil, invalid("read key file", fmt.Sprintf("line %d is not an id, a colon and 32 bytes in base64", i+1))
		}
		if k.byID(id) != nil {
			return nil, invalid("read key file", fmt.Sprintf("line %d repeats an id", i+1))
		}
		k.all = append(k.all, newKey(id, secret))
	}
	if len(k.all) == 0 {
		return nil, invalid("read key file", "it holds no key")
	}
	return k, nil
}

// newKey derives from a secret one key for each purpose (RFC 5869).
func newKey(id string, secret []byte) key {
	block, err := aes.NewCipher(derive(secret, "seal", 32))
	if err != nil {
		panic("storage: make cipher: " + err.Error()) // 32 bytes are a key of AES-256
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("storage: make cipher: " + err.Error()) // AES has the block size of GCM
	}
	return key{
		id:    id,
		aead:  aead,
		find:  derive(secret, "find", 32),
		own:   derive(secret, "own", 32),
		check: hex.EncodeToString(derive(secret, "check", 8)),
	}
}

func derive(secret []byte, purpose string, size int) []byte {
	out, err := hkdf.Key(sha256.New, secret, nil, "tocsin "+purpose+" v1", size)
	if err != nil {
		panic("storage: derive key: " + err.Error()) // only a size of over 8,160 bytes fails
	}
	return out
}

// NewKeyFile makes a key file with one new key, which only its owner may read. It fails
// with Conflict if there is a file already, and returns once the file is on disk: it is
// there whole or not at all.
func NewKeyFile(path string) error {
	const what = "storage: make key file"
	secret := make([]byte, secretSize)
	rand.Read(secret) // it never fails: see its documentation
	text := "# Without this file the database cannot be read. Keep a copy, and never beside the database.\n" +
		"k1:" + base64.StdEncoding.EncodeToString(secret) + "\n"
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return core.Wrap(core.Unavailable, bareError(err), what)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(0o400), f.Sync(), f.Close()); err != nil {
		return core.Wrap(core.Unavailable, bareError(err), what)
	}
	err = os.Link(f.Name(), path) // unlike a renaming it replaces no file
	if errors.Is(err, fs.ErrExist) {
		return core.Wrap(core.Conflict, fs.ErrExist, what)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	return core.Wrap(core.Unavailable, bareError(err), what)
}

// syncFolder makes a new name in a folder last.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Secret returns 32 bytes for one purpose outside of this database, the same as long as
// the file has its first key.
func (k *Keys) Secret(purpose string) []byte { return derive(k.all[0].own, purpose, 32) }

// byID returns a key, or nil.
func (k *Keys) byID(id string) *key {
	for i := range k.all {
		if k.all[i].id == id {
			return &k.all[i]
		}
	}
	return nil
}

// find returns the keyed hash under which a thing of one purpose is found again. It is
// a chain through all keys in their order, so that a new key can be added over hashes
// whose origin is not known: see chain.
func (k *Keys) find(purpose string, parts ...string) []byte {
	return k.chain(pack(append([]string{purpose}, parts...)...), 0)
}

// chain hashes msg under each key from number first on, each over the hash before it.
func (k *Keys) chain(msg []byte, first int) []byte {
	for i := range k.all[first:] {
		h := hmac.New(sha256.New, k.all[first+i].find)
		h.Write(msg)
		msg = h.Sum(nil)
	}
	return msg
}

// String keeps keys out of logs.
func (*Keys) String() string { return "[keys]" }

// GoString keeps keys out of logs.
func (*Keys) GoString() string { return "[keys]" }
