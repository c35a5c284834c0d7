package geo

import (
	"net/url"
	"regexp"
	"strings"
)

// A linkForm is how the links of one map site hold a point.
type linkForm struct {
	host  *regexp.Regexp // of the address, in small letters, without a port
	pairs []*regexp.Regexp
	query []string // names of values that are "lat,lon"
	apart [][2]string
	swaps bool // longitude comes first
}

// linkForms are the map sites whose links people paste. In a form the pin comes before
// the middle of the map: who shares a shop means the shop.
var linkForms = []linkForm{
	{ // https://wiki.openstreetmap.org/wiki/Browsing#Other_URL_tricks
		host:  regexp.MustCompile(`^(?:www\.)?(?:openstreetmap\.org|osm\.org)$`),
		apart: [][2]string{{"mlat", "mlon"}, {"lat", "lon"}},
		pairs: links(`#(?:.*&)?map=[\d.]+/(L)/(L)`),
	},
	{ // https://developers.google.com/maps/documentation/urls/get-started, and what the site shows
		host:  regexp.MustCompile(`^(?:www\.|maps\.)?google(?:\.com?)?\.[a-z]{2,3}$`),
		pairs: links(`/maps/.*!3d(L)!4d(L)`, `/maps/(?:search|place)/(L),(?:\+|%20)?(L)`, `/maps/.*@(L),(L)`),
		query: []string{"q", "query", "ll", "destination", "center"},
	},
	{ // https://developer.apple.com/library/archive/featuredarticles/iPhoneURLScheme_Reference/MapLinks
		host:  regexp.MustCompile(`^maps\.apple\.com$`),
		query: []string{"ll", "coordinate", "q", "daddr", "sll", "center"},
	},
	{ // https://developers.google.com/waze/deeplinks
		host:  regexp.MustCompile(`^(?:www\.|ul\.)?waze\.com$`),
		query: []string{"ll"},
	},
	{ // the map of the French state
		host:  regexp.MustCompile(`^www\.geoportail\.gouv\.fr$`),
		query: []string{"c"},
		swaps: true,
	},
}

// links returns expressions in which (L) is a number with a decimal point.
func links(forms ...string) []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(forms))
	for i, form := range forms {
		out[i] = regexp.MustCompile(strings.ReplaceAll(form, "(L)", `(-?\d{1,3}(?:\.\d+)?)`))
	}
	return out
}

// pair is "lat,lon" as the value of a query, perhaps with a label in brackets.
var pair = regexp.MustCompile(`^(?:loc:)?(-?\d{1,3}(?:\.\d+)?),[ +]?(-?\d{1,3}(?:\.\d+)?)(?: ?\(.*)?$`)

// parseLink reads the first link of the text that holds a point. It is read as text:
// nothing is fetched, so a short link holds none.
func parseLink(text string) (Point, bool) {
	for word := range strings.FieldsSeq(text) {
		word = strings.Trim(word, `<>()[]"'«»`)
		u, err := url.Parse(word)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" {
			continue
		}
		for _, f := range linkForms {
			if !f.host.MatchString(strings.ToLower(u.Hostname())) {
				continue
			}
			if p, ok := f.point(u); ok {
				return p, true
			}
		}
	}
	return Point{}, false
}

// point returns the point that a link of the form holds.
func (f *linkForm) point(u *url.URL) (Point, bool) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Point{}, false
	}
	for _, names := range f.apart {
		if p, ok := f.read(values.Get(names[0]), values.Get(names[1])); ok {
			return p, true
		}
	}
	path := u.Path + "#" + u.Fragment
	for _, form := range f.pairs {
		if m := form.FindStringSubmatch(path); m != nil {
			if p, ok := f.read(m[1], m[2]); ok {
				return p, true
			}
		}
	}
	for _, name := range f.query {
		if m := pair.FindStringSubmatch(values.Get(name)); m != nil {
			if p, ok := f.read(m[1], m[2]); ok {
				return p, true
			}
		}
	}
	return Point{}, false
}

// decimal is a number as links write it: none with an exponent, none in hexadecimal.
var decimal = regexp.MustCompile(`^-?\d{1,3}(?:\.\d+)?$`)

// read returns the point of two numbers.
func (f *linkForm) read(a, b string) (Point, bool) {
	if !decimal.MatchString(a) || !decimal.MatchString(b) {
		return Point{}, false
	}
	if f.swaps {
		a, b = b, a
	}
	return decimalPoint(a, b)
}
