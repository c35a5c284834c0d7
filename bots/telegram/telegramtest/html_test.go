package telegramtest

import (
	"encoding/json"
	"html"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func TestHTMLIsReadAsTheRealServerReadsIt(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                                                 `plain []`,
		"<b>bold</b>":                                           `bold [{"type":"bold","offset":0,"length":4}]`,
		"<STRONG>b</strong> <em>i</em>":                         `b i [{"type":"bold","offset":0,"length":1},{"type":"italic","offset":2,"length":1}]`,
		"<u>a</u><ins>b</ins>":                                  `ab [{"type":"underline","offset":0,"length":1},{"type":"underline","offset":1,"length":1}]`,
		"<s>a</s><strike>b</strike><del>c</del>":                `abc [{"type":"strikethrough","offset":0,"length":1},{"type":"strikethrough","offset":1,"length":1},{"type":"strikethrough","offset":2,"length":1}]`,
		"<tg-spoiler>a</tg-spoiler>":                            `a [{"type":"spoiler","offset":0,"length":1}]`,
		`<span class="tg-spoiler">a</span>`:                     `a [{"type":"spoiler","offset":0,"length":1}]`,
		"é😀<b>x</b>":                                            `é😀x [{"type":"bold","offset":3,"length":1}]`,
		"<b>😀</b>":                                              `😀 [{"type":"bold","offset":0,"length":2}]`,
		"<b>a<i>b</i></b>":                                      `ab [{"type":"bold","offset":0,"length":2},{"type":"italic","offset":1,"length":1}]`,
		"<b></b>x":                                              `x []`,
		"<b>x</>":                                               `x [{"type":"bold","offset":0,"length":1}]`,
		"&lt;&gt;&amp;&quot;&#39;&#x1F600;":                     `<>&"'😀 []`,
		"&lt b&nbsp;&copy;& &#0; &#1114111;":                    `< b&nbsp;&copy;& &#0; &#1114111; []`,
		`<a href="https://EXAMPLE.org">x</a>`:                   `x [{"type":"text_link","offset":0,"length":1,"url":"https://example.org/"}]`,
		`<a href='example.org/a?b=1&amp;c=2'>x</a>`:             `x [{"type":"text_link","offset":0,"length":1,"url":"http://example.org/a?b=1\u0026c=2"}]`,
		`<a href=example.org>x</a>`:                             `x [{"type":"text_link","offset":0,"length":1,"url":"http://example.org/"}]`,
		`<a>example.org</a>`:                                    `example.org [{"type":"text_link","offset":0,"length":11,"url":"http://example.org/"}]`,
		`<a href="javascript:x">x</a>`:                          `x []`,
		`<a href="ftp://example.org">x</a>`:                     `x []`,
		`<a href="tg://user?id=42">x</a>`:                       `x [{"type":"text_mention","offset":0,"length":1,"user":{"id":42}}]`,
		`<a href="tg://user?id=x">x</a>`:                        `x []`,
		"<pre>a</pre>":                                          `a [{"type":"pre","offset":0,"length":1}]`,
		`<pre><code class="language-go">a</code></pre>`:         `a [{"type":"pre","offset":0,"length":1,"language":"go"}]`,
		`<code><pre>a</pre></code>`:                             `a [{"type":"pre","offset":0,"length":1},{"type":"code","offset":0,"length":1}]`,
		`<code class="language-go"><pre>a</pre></code>`:         `a [{"type":"pre","offset":0,"length":1,"language":"go"}]`,
		`<code class="language-go">a</code>`:                    `a [{"type":"code","offset":0,"length":1}]`,
		"<blockquote>a</blockquote>":                            `a [{"type":"blockquote","offset":0,"length":1}]`,
		"<blockquote expandable>a</blockquote>":                 `a [{"type":"expandable_blockquote","offset":0,"length":1}]`,
		`<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>`: `👍 [{"type":"custom_emoji","offset":0,"length":2,"custom_emoji_id":"5368324170671202286"}]`,
		`<tg-time unix="1800000000" format="r">x</tg-time>`:     `x [{"type":"date_time","offset":0,"length":1,"unix_time":1800000000,"date_time_format":"r"}]`,
		`<b  class = "x" >y</b >`:                               `y [{"type":"bold","offset":0,"length":1}]`,
	} {
		text, entities, refused := parseHTML(in)
		if refused != nil {
			t.Errorf("%s is refused: %s", in, refused.text)
			continue
		}
		if entities == nil {
			entities = []Entity{}
		}
		got, _ := json.Marshal(entities)
		if text+" "+string(got) != want {
			t.Errorf("%s is read as\n%s %s, want\n%s", in, text, got, want)
		}
	}
}

func TestHTMLIsRefusedInTheWordsOfTheRealServer(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<foo>x</foo>":           `Unsupported start tag "foo" at byte offset 0`,
		"é<h1>":                  `Unsupported start tag "h1" at byte offset 2`,
		"1 < 2 > 0":              `Unsupported start tag "" at byte offset 2`,
		"a <3":                   `Unclosed start tag at byte offset 2`,
		"<!-- x -->":             `Unsupported start tag "!--" at byte offset 0`,
		"<b><i>x</b></i>":        `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`,
		"<b>x</i>":               `Unmatched end tag at byte offset 4, expected "</b>", found "</i>"`,
		"<b>x":                   `Can't find end tag corresponding to start tag "b"`,
		"<b><i>x":                `Can't find end tag corresponding to start tag "i"`,
		"x</b>":                  `Unexpected end tag at byte offset 1`,
		"<b>x</b":                `Unclosed end tag at byte offset 4`,
		"<b>x</b y>":             `Unclosed end tag at byte offset 4`,
		"<b":                     `Unclosed start tag at byte offset 0`,
		"<b ":                    `Empty attribute name in the tag "b" at byte offset 0`,
		"<b x>":                  `Expected equal sign in declaration of an attribute of the tag "b" at byte offset 0`,
		"<b =x>":                 `Empty attribute name in the tag "b" at byte offset 0`,
		"<a href=":               `Unclosed start tag "a" at byte offset 0`,
		`<a href="x`:             `Unclosed start tag at byte offset 0`,
		"<a href=x/y>z</a>":      `Unexpected end of name token at byte offset 8`,
		"<span>x</span>":         `Tag "span" must have class "tg-spoiler" at byte offset 0`,
		"<tg-emoji>x</tg-emoji>": `Invalid custom emoji identifier specified`,
		"&#xd83d;":               `Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units`,
	} {
		_, _, refused := parseHTML(in)
		if refused == nil || refused.text != "Bad Request: can't parse entities: "+want || refused.code != 400 {
			t.Errorf("%s is refused with %+v, want %q", in, refused, want)
		}
	}
}

func TestTextsAreTrimmedWithTheirEntities(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" \n a b \n":    `a b []`,
		"  <b> x </b> ": ` x [{"type":"bold","offset":0,"length":2}]`,
		"x<b> </b>":     `x []`,
		" \n ":          ` []`,
	} {
		text, entities, _ := parseHTML(in)
		text, entities = trim(text, entities)
		got := []byte("[]")
		if len(entities) > 0 {
			got, _ = json.Marshal(entities)
		}
		if text+" "+string(got) != want {
			t.Errorf("%q is trimmed to %q %s, want %s", in, text, got, want)
		}
	}
}

func TestPlainTextsHaveEntitiesToo(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/start":                            "bot_command 0 6",
		"/start@tocsin_bot payload":         "bot_command 0 17",
		"/réglages":                         "",
		"é/near /near/x /nearé":             "",
		"/mes-données":                      "bot_command 0 4",
		"é /near now":                       "bot_command 2 5",
		"a/b and http://x.org/y":            "url 8 14",
		"see https://example.org/a?b, then": "url 4 23",
		"write to a.b@example.org.":         "email 9 15",
		"@tocsin_bot hello":                 "mention 0 11",
		"am #14mars #2027":                  "hashtag 3 7",
		"3/4 of 5 @ noon, a # b":            "",
	} {
		var got []string
		for _, e := range detect(in, nil) {
			got = append(got, e.Type+" "+number(e.Offset)+" "+number(e.Length))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q has %q, want %q", in, got, want)
		}
	}
	link := []Entity{{Type: "text_link", Length: 20, URL: "https://example.org/"}}
	if got := detect("https://example.org/ #x", link); len(got) != 2 {
		t.Errorf("in a link there is %v", got)
	}
}

func number(n int) string { b, _ := json.Marshal(n); return string(b) }

func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		"", "a", "<b>a</b>", "<b>a<i>b</i></b>", `<a href="https://example.org/?a=1&amp;b">x</a>`, "&lt;&#x1F600;&amp", "é😀<u>ñ</u>",
		"<pre><code class=\"language-go\">x</code></pre>", "<", "</", "<b", "<b x=", "<b x='", "a\x00<b>\x00</b>", "&#xd800;",
		"<span class=tg-spoiler>x</span>", "<blockquote expandable>x</blockquote>", "<b></b></>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if !utf8.ValidString(in) {
			t.Skip()
		}
		text, entities, refused := parseHTML(in)
		if refused != nil {
			if refused.code != 400 || !strings.HasPrefix(refused.text, "Bad Request: can't parse entities: ") {
				t.Errorf("%q is refused with %q", in, refused.text)
			}
		} else {
			check(t, in, text, entities)
			trimmed, kept := trim(text, entities)
			check(t, in, trimmed, detect(trimmed, kept))
		}
		escaped, none, refused := parseHTML(html.EscapeString(in))
		if refused != nil || escaped != in || len(none) > 0 {
			t.Errorf("%q escaped is read as %q %v %v", in, escaped, none, refused)
		}
	})
}

// check fails unless all entities lie in text, in order, and cut no character.
func check(t *testing.T, in, text string, entities []Entity) {
	t.Helper()
	all := utf16.Encode([]rune(text))
	last := 0
	for _, e := range entities {
		end := e.Offset + e.Length
		if e.Offset < last || e.Length <= 0 || end > len(all) {
			t.Fatalf("%q has %+v in %d units", in, entities, len(all))
		}
		for _, cut := range []int{e.Offset, end} {
			if cut < len(all) && utf16.IsSurrogate(rune(all[cut])) && all[cut] >= 0xdc00 {
				t.Fatalf("%q: %+v cuts a character", in, e)
			}
		}
		last = e.Offset
	}
}
