package console

import "testing"

func TestLinesAreBrokenBetweenWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		columns  int
		in, want string
	}{
		{10, "one two three four\n", "one two\nthree four\n"},
		{10, "one two th\n\nree", "one two th\n\nree"},
		{10, "https://example.org/long is long", "https://example.org/long\nis long"},
		{10, "    four in", "    four\nin"},
		{7, "12\u00a0km away", "12\u00a0km\naway"},
		{9, "\x1b[1mbold one\x1b[22m two", "\x1b[1mbold one\x1b[22m\ntwo"},
		{5, "日本 語", "日本\n語"},
		{0, "one two three", "one two three"},
	} {
		if got := wrapped(tt.in, tt.columns); got != tt.want {
			t.Errorf("%q in %d columns: %q, want %q", tt.in, tt.columns, got, tt.want)
		}
	}
}
