package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/joho/godotenv"
)

// A lookup returns a variable of the environment, as os.LookupEnv does.
type lookup func(name string) (string, bool)

// dotenv is the file whose variables stand for those that the environment lacks.
const dotenv = ".env"

// withDotenv returns env completed from the file .env in the working directory, if
// there is one. What goes wrong is told without a word of the file.
func withDotenv(env lookup) (lookup, error) {
	file, err := godotenv.Read(dotenv)
	if errors.Is(err, fs.ErrNotExist) {
		return env, nil
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("%s: it cannot be read: %w", dotenv, path.Err)
	}
	if err != nil {
		return nil, errors.New(dotenv + ": it cannot be read: write each line as NAME=value, and put a value with spaces or # in quotes")
	}
	return func(name string) (string, bool) {
		if value, ok := env(name); ok {
			return value, true
		}
		value, ok := file[name]
		return value, ok
	}, nil
}

// An environment reads settings and collects what is wrong with them, so that all
// of it is told at once. An empty variable is one that is not set.
type environment struct {
	lookup   lookup
	mistakes []error
}

// wrong notes what is wrong with a variable and what to write instead. why holds
// nothing of a secret.
func (e *environment) wrong(name, why string) {
	e.mistakes = append(e.mistakes, fmt.Errorf("%s: %s", name, why))
}

// text reads a variable; usual if it is not set.
func (e *environment) text(name, usual string) string {
	if value, _ := e.lookup(name); value != "" {
		return value
	}
	return usual
}

// choice reads a variable that is one of a few words.
func (e *environment) choice(name, usual string, words ...string) string {
	value := e.text(name, usual)
	for _, word := range words {
		if strings.EqualFold(value, word) {
			return word
		}
	}
	e.wrong(name, "it must be one of "+strings.Join(words, ", "))
	return usual
}

// link reads a variable that is the address of a page.
func (e *environment) link(name, usual string) string {
	value := e.text(name, usual)
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(value, " \t\n") {
		e.wrong(name, "it must be the whole address of a page, such as https://example.org/page")
		return usual
	}
	return value
}

// secret reads NAME, or the file that NAME_FILE names, which nobody but its owner may
// read; usual if neither is set.
func (e *environment) secret(name string, usual Secret) Secret {
	fileName := name + "_FILE"
	value, path := e.text(name, ""), e.text(fileName, "")
	switch {
	case value != "" && path != "":
		e.wrong(fileName, "set either it or "+name+", not both")
	case path != "":
		return e.secretFile(fileName, path)
	case value != "":
		return Secret(value)
	}
	return usual
}

func (e *environment) secretFile(name, path string) Secret {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		e.wrong(name, "others than its owner may read the file: chmod 400 it")
		return ""
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		e.wrong(name, "the file cannot be read: "+reason(err))
		return ""
	}
	value := strings.TrimSpace(string(text))
	if value == "" {
		e.wrong(name, "the file is empty")
	}
	return Secret(value)
}

// reason says why a file could not be used, without its path.
func reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return err.Error()
}
