package geo

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// longest is the most bytes that a written point is sought in.
const longest = 1000

// ParsePoint reads a point from what a person types or a client sends:
//
//	48.8566, 2.3522     also with a semicolon or a space between
//	48,8566 ; 2,3522    also with a space between; never with a comma alone
//	48°51′24″N 2°21′07″E
//	geo:48.85,2.35;u=35 (RFC 5870)
//	https://www.openstreetmap.org/#map=15/48.85/2.35 and links of other map sites
//
// N, S, E, W and O (ouest) stand before or after both numbers or neither; with
// them, longitude may come first. Two whole numbers alone are refused: they are
// rather a postcode, "75 011". It returns false for all else.
func ParsePoint(text string) (Point, bool) {
	if len(text) > longest {
		return Point{}, false
	}
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 4 && strings.EqualFold(text[:4], "geo:") {
		return parseURI(text[4:])
	}
	if strings.Contains(text, "://") {
		return parseLink(text)
	}
	text = marks.Replace(text)
	for _, form := range forms {
		if m := form.FindStringSubmatch(text); m != nil {
			a := angle{size: m[2] + m[3], letter: strings.ToUpper(m[1] + m[4])}
			b := angle{size: m[6] + m[7], letter: strings.ToUpper(m[5] + m[8])}
			return pointOf(a, b)
		}
	}
	return Point{}, false
}

// forms are the ways to write a point as two angles: with decimal points, and with
// decimal commas, which need more than a comma between the two.
var forms = [...]*regexp.Regexp{
	compile(` ?[,;] ?| `, `\d+(?:\.\d+)?`),
	compile(` ?; ?|, | , ?| `, `\d+(?:,\d+)?`),
}

// compile returns the expression of two angles with a separator between. Its groups
// are, for each: letter before, size; or size, letter after.
func compile(separator, number string) *regexp.Regexp {
	size := `([-+]?` + number + `(?: ?°(?: ?` + number + ` ?′(?: ?` + number + ` ?″)?)?)?)`
	angle := `(?:([NSEWO]) ?` + size + `|` + size + `(?: ?([NSEWO]))?)`
	return regexp.MustCompile(`^(?i:` + angle + `(?:` + separator + `)` + angle + `)$`)
}

// marks brings what keyboards have for a minus sign, degrees, minutes and seconds
// to one form.
var marks = strings.NewReplacer(
	"−", "-", "º", "°", "˚", "°",
	"''", "″", "’’", "″", "′′", "″", `"`, "″", "”", "″", "“", "″",
	"'", "′", "’", "′", "‘", "′", "´", "′",
)

// An angle is half of a written point: its size as degrees, or degrees, minutes and
// seconds; its letter in upper case, or "".
type angle struct{ size, letter string }

// pointOf returns the point of two angles, and false if they make none.
func pointOf(a, b angle) (Point, bool) {
	if strings.ContainsAny(a.letter, "EWO") {
		a, b = b, a
	}
	lettered := strings.ContainsAny(a.letter, "NS") && strings.ContainsAny(b.letter, "EWO")
	if !lettered && a.letter+b.letter != "" {
		return Point{}, false
	}
	if !lettered && !strings.ContainsAny(a.size+b.size, ".,°") {
		return Point{}, false
	}
	lat, latOK := a.degrees()
	lon, lonOK := b.degrees()
	if !latOK || !lonOK {
		return Point{}, false
	}
	p, err := NewPoint(lat, lon)
	return p, err == nil
}

// degrees returns the value of a. It returns false if minutes or seconds reach 60,
// if any but the last part has a fraction, or if a has a sign and a letter.
func (a angle) degrees() (float64, bool) {
	size := strings.TrimLeft(a.size, "+-")
	signed := size != a.size
	parts := strings.FieldsFunc(strings.ReplaceAll(size, ",", "."), func(r rune) bool {
		return r != '.' && (r < '0' || r > '9')
	})
	value, unit := 0.0, 1.0
	for i, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		whole := !strings.Contains(part, ".")
		if err != nil || i > 0 && n >= 60 || i < len(parts)-1 && !whole {
			return 0, false
		}
		value += n / unit
		unit *= 60
	}
	if a.letter != "" && signed {
		return 0, false
	}
	if strings.HasPrefix(a.size, "-") || a.letter != "" && strings.Contains("SWO", a.letter) {
		value = -value
	}
	return value, true
}

// uri is what follows "geo:": latitude, longitude, perhaps altitude, parameters.
var uri = regexp.MustCompile(`^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(?:,-?\d+(?:\.\d+)?)?((?:;[\w-]+(?:=[^;]*)?)*)$`)

// parseURI reads what follows "geo:". Any system but WGS 84 is refused, other
// parameters are passed over, and so is the query that Android adds ("?z=17"), unless
// the point stands there ("0,0?q=48.85,2.35(Paris)").
func parseURI(rest string) (Point, bool) {
	rest, err := url.PathUnescape(rest)
	if err != nil {
		return Point{}, false
	}
	rest, query, asked := strings.Cut(rest, "?")
	m := uri.FindStringSubmatch(rest)
	if m == nil {
		return Point{}, false
	}
	for parameter := range strings.SplitSeq(m[3], ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(name, "crs") && !strings.EqualFold(value, "wgs84") {
			return Point{}, false
		}
	}
	p, ok := decimalPoint(m[1], m[2])
	if asked && ok && p == (Point{}) {
		return parseAndroid(query)
	}
	return p, ok
}

// parseAndroid reads the query of Android's search, which may be for a point or for a
// text ("q=Lyon"), which is none.
func parseAndroid(query string) (Point, bool) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return Point{}, false
	}
	m := pair.FindStringSubmatch(values.Get("q"))
	if m == nil {
		return Point{}, false
	}
	return decimalPoint(m[1], m[2])
}

// decimalPoint returns the point of two numbers with decimal points, and false if they
// make none.
func decimalPoint(north, east string) (Point, bool) {
	lat, latErr := strconv.ParseFloat(north, 64)
	lon, lonErr := strconv.ParseFloat(east, 64)
	if latErr != nil || lonErr != nil {
		return Point{}, false
	}
	p, err := NewPoint(lat, lon)
	return p, err == nil
}
