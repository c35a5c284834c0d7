package intake

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"tocsin/core"
)

// A column is one that a parser knows, numbered from 0.
type column int

// A form says which CSV a parser reads: text in any encoding of Decode, a header line,
// cells between commas, semicolons or tabs, quoted as RFC 4180 has it.
type form struct {
	Names   map[string]column // each spelling of a name, in lower case
	Labels  []string          // the name of each column that errors use
	Needs   []column          // columns that a file must have
	MaxWrap int               // the lines that a record may have, by line ends in quotes
}

// A record is one row of a table.
type record struct {
	Line  int      // where it begins
	cells []string // by column, without space around
}

// Cell returns what r has in column c; "" if the file has no such column.
func (r record) Cell(c column) string { return r.cells[c] }

// records yields the records of r that hold anything; they may be used until the
// next. A record with a wrong quote, or with more cells than the header, is a
// *RowError. A quote that is not closed within MaxWrap lines and 1 MiB spoils the
// line that it opens on, and no other. A header without the columns that the form needs is an
// Invalid error, and the last.
func (f *form) records(r io.Reader) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		t := table{form: f, yield: yield}
		for l, err := range lines(Decode(r)) {
			if err == nil && !t.read(l) || err != nil && !t.fault(err) {
				return
			}
		}
		t.end()
	}
}

// table is the state of reading a CSV.
type table struct {
	form   *form
	yield  func(record, error) bool
	header []column // what each column of the file is, unknown for the rest; nil before it is read
	comma  byte     // what stands between cells
	cells  []string
	open   []line // a record that began, and whose quote is not closed
	size   int    // of open, in bytes
}

// unknown is a column that a form does not name.
const unknown column = -1

// read takes the next line. It reports whether to go on, as all of these do.
func (t *table) read(l line) bool {
	if t.header == nil {
		return t.readHeader(l.Text)
	}
	if t.open != nil {
		return t.readOn(l)
	}
	switch filled, state := t.split(l.Text); {
	case state == quoteOpen && t.form.MaxWrap > 1:
		t.open, t.size = append(t.open, l), len(l.Text)
	case state != quoteClosed:
		return t.refuse(l.Number, state)
	case filled:
		return t.yield(record{Line: l.Number, cells: t.cells}, nil)
	}
	return true
}

// readOn takes a line of the record that is open.
func (t *table) readOn(l line) bool {
	t.open, t.size = append(t.open, l), t.size+len(l.Text)
	if strings.IndexByte(l.Text, '"') >= 0 {
		switch _, state := t.split(joined(t.open)); state {
		case quoteClosed:
			first := t.open[0].Number
			t.open = nil
			return t.yield(record{Line: first, cells: t.cells}, nil)
		case quoteOpen:
		default:
			return t.giveUp(state)
		}
	}
	if l.Number-t.open[0].Number+1 >= t.form.MaxWrap || t.size > MaxLine {
		return t.giveUp(quoteOpen)
	}
	return true
}

// joined returns lines as one text. Empty ones between them come back.
func joined(ls []line) string {
	var b strings.Builder
	for i, l := range ls {
		if i > 0 {
			b.WriteString(strings.Repeat("\n", l.Number-ls[i-1].Number))
		}
		b.WriteString(l.Text)
	}
	return b.String()
}

// giveUp refuses the first line of the open record, and reads the others for
// themselves.
func (t *table) giveUp(state quoteState) bool {
	ls := t.open
	t.open = nil
	if !t.refuse(ls[0].Number, state) {
		return false
	}
	for _, l := range ls[1:] {
		if !t.read(l) {
			return false
		}
	}
	return true
}

// fault takes a line that cannot be read, or the failure of the reader.
func (t *table) fault(err error) bool {
	if row, ok := errors.AsType[*RowError](err); ok && t.header == nil {
		err = headerError("the first line is no text that can be read: " + row.Reason + "; is the file a CSV?")
		t.yield(record{}, err)
		return false
	}
	return t.close() && t.yield(record{}, err)
}

// end takes the end of the file.
func (t *table) end() {
	if t.header == nil {
		t.yield(record{}, headerError("the file is empty"))
		return
	}
	t.close()
}

// close gives up what is open.
func (t *table) close() bool {
	for t.open != nil {
		if !t.giveUp(quoteOpen) {
			return false
		}
	}
	return true
}

// refuse yields a row whose quotes or cells are wrong.
func (t *table) refuse(number int, state quoteState) bool {
	return t.yield(record{}, &RowError{Line: number, Reason: string(state)})
}

// readHeader learns the columns from the first line.
func (t *table) readHeader(text string) bool {
	t.comma = commaOf(text)
	names, state := split(text, t.comma)
	if state != quoteClosed {
		return t.yield(record{}, headerError(string(state))) && false
	}
	t.header = make([]column, len(names))
	t.cells = make([]string, len(t.form.Labels))
	for i, name := range names {
		c, known := t.form.Names[strings.ToLower(name)]
		if !known || slices.Contains(t.header[:i], c) {
			c = unknown
		}
		t.header[i] = c
	}
	for _, c := range t.form.Needs {
		if !slices.Contains(t.header, c) {
			return t.yield(record{}, t.form.missing(c, names)) && false
		}
	}
	return true
}

// missing says what a header lacks and what it has; not if that may be a row.
func (f *form) missing(c column, found []string) error {
	example := strings.Join(f.Labels, ",")
	for _, name := range found {
		if strings.Contains(name, "@") {
			return headerError("the header line is missing: the first line holds an address; put a line before it such as " + example)
		}
	}
	for _, name := range found {
		if len(name) > 40 || strings.ContainsAny(name, "0123456789") || !core.Visible(name) {
			return headerError(fmt.Sprintf("no column %q in the first line; it must name the columns, such as %s", f.Labels[c], example))
		}
	}
	return headerError(fmt.Sprintf("no column %q; found: %s; known: %s", f.Labels[c], strings.Join(found, ", "), example))
}

// headerError says why no row of a file can be read.
func headerError(why string) error {
	return core.Wrap(core.Invalid, errors.New(why), "intake: read header")
}

// commaOf returns what a header has between its names: the sign that it has most of,
// a comma if it has none.
func commaOf(header string) byte {
	comma, most := byte(','), 0
	for _, c := range []byte{',', ';', '\t'} {
		if n := strings.Count(header, string(c)); n > most {
			comma, most = c, n
		}
	}
	return comma
}
