package telegramtest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBody is the size of a whole request that is read; the limits of single files are
// checked by the methods.
const maxBody = 64 << 20

// A call is a request of a method, being served.
type call struct {
	server  *Server
	ctx     context.Context
	bot     *Bot
	method  string // in lower case
	params  map[string]string
	uploads map[string]upload
	record  *Call
	trouble *trouble
}

// An upload is a file in the request.
type upload struct {
	name, mime string
	data       []byte
}

// readParams takes parameters from the query and from a body of any of the kinds
// that the Bot API documents. Those of the body win.
func (c *call) readParams(r *http.Request) *refusal {
	c.params, c.uploads = map[string]string{}, map[string]upload{}
	for name, values := range r.URL.Query() {
		c.params[name] = values[0]
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return &refusal{code: 405, text: "Method Not Allowed"}
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		return c.readJSON(r.Body)
	case "multipart/form-data":
		return c.readMultipart(r)
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return bad("failed to parse the request")
		}
		for name, values := range r.PostForm {
			c.params[name] = values[0]
		}
	}
	return nil
}

// readJSON takes the fields of an object: strings as they are, all else as JSON.
// Null is as if the field was not there, but for reply_markup.
func (c *call) readJSON(body io.Reader) *refusal {
	text, err := io.ReadAll(body)
	if err != nil {
		return &refusal{code: 413, text: "Request Entity Too Large"}
	}
	if len(strings.TrimSpace(string(text))) == 0 {
		return nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return bad("can't parse request JSON object")
	}
	for name, raw := range all {
		var s string
		switch {
		case json.Unmarshal(raw, &s) == nil && string(raw) != "null":
			c.params[name] = s
		case string(raw) != "null" || name == "reply_markup":
			c.params[name] = string(raw)
		}
	}
	return nil
}

// readMultipart takes the parts of a form. A body without a byte is one without parts,
// as some libraries send it.
func (c *call) readMultipart(r *http.Request) *refusal {
	body := bufio.NewReader(r.Body)
	if _, err := body.Peek(1); err == io.EOF {
		return nil
	}
	r.Body = io.NopCloser(body)
	parts, err := r.MultipartReader()
	if err != nil {
		return bad("can't find boundary in the request")
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return bad("can't parse the request")
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return &refusal{code: 413, text: "Request Entity Too Large"}
		}
		if part.FileName() == "" {
			c.params[part.FormName()] = string(data)
		} else {
			c.uploads[part.FormName()] = upload{name: part.FileName(), mime: part.Header.Get("Content-Type"), data: data}
		}
	}
}

// integer returns a whole number, 0 if it is none, as the real server reads it.
func (c *call) integer(name string) int64 {
	n, err := strconv.ParseInt(c.params[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// within returns a whole number brought between low and high.
func (c *call) within(name string, missing, low, high int) int {
	if c.params[name] == "" {
		return missing
	}
	return max(low, min(high, int(c.integer(name))))
}

func (c *call) flag(name string) bool {
	return slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(c.params[name]))
}

// float returns a number and whether it was given; what is no number is NaN.
func (c *call) float(name string) (float64, bool) {
	if c.params[name] == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(c.params[name], 64)
	if err != nil {
		return math.NaN(), true
	}
	return f, true
}

// decode reads a parameter that is JSON into to, and reports whether it was there
// and not null.
func (c *call) decode(name string, to any) (bool, error) {
	text := c.params[name]
	if text == "" || text == "null" {
		return false, nil
	}
	return true, json.Unmarshal([]byte(text), to)
}

// checkNames reports parameters that the method does not have.
func (c *call) checkNames() {
	if c.server.options.Lenient {
		return
	}
	known := api[c.method]
	var odd []string
	for name, text := range c.params {
		if _, is := known[name]; !is {
			odd = append(odd, name)
			continue
		}
		odd = append(odd, oddInside(name, text)...)
	}
	for name := range c.uploads {
		if _, is := known[name]; !is && !c.attached(name) {
			odd = append(odd, name)
		}
	}
	slices.Sort(odd)
	for _, name := range odd {
		c.server.problem("%s has no parameter %s", c.record.Method, name)
	}
}

// oddInside returns the unknown fields in a parameter that is JSON.
func oddInside(name, text string) []string {
	kind := nested[name]
	if kind == "" && name != "reply_markup" {
		return nil
	}
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return nil
	}
	if markup, is := value.(map[string]any); is && name == "reply_markup" {
		kind = markupType(markup)
	}
	return unknown(kind, name, value)
}

// attached reports whether a parameter refers to the upload name.
func (c *call) attached(name string) bool {
	for _, text := range c.params {
		if text == "attach://"+name {
			return true
		}
	}
	return false
}
