package matrix

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"

	"tocsin/core"
	"tocsin/core/geo"
)

// places are the fields that say where, the newer first (MSC3488).
var places = []string{"m.location", "org.matrix.msc3488.location"}

// position reads where a message says that somebody is: of a field that has a URI, else
// of geo_uri.
func position(content map[string]any, live bool) core.Event {
	uri, _ := content["geo_uri"].(string)
	for _, name := range places {
		field, _ := content[name].(map[string]any)
		if text, ok := field["uri"].(string); ok {
			uri = text
			break
		}
	}
	p, ok := parseGeo(uri)
	if !ok {
		return core.Media{Kind: core.Unknown}
	}
	return core.Position{Point: p, Live: live}
}

// parseGeo reads a geo URI (RFC 5870): geo:lat,lon[,alt][;crs=wgs84][;u=metres]. It
// reports false if it names no point of the earth.
func parseGeo(uri string) (geo.Point, bool) {
	scheme, rest, _ := strings.Cut(uri, ":")
	if !strings.EqualFold(scheme, "geo") {
		return geo.Point{}, false
	}
	where, params, _ := strings.Cut(rest, ";")
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if value, err := url.PathUnescape(value); strings.EqualFold(name, "crs") && (err != nil || !strings.EqualFold(value, "wgs84")) {
			return geo.Point{}, false
		}
	}
	parts := strings.Split(where, ",")
	if len(parts) != 2 && len(parts) != 3 {
		return geo.Point{}, false
	}
	var numbers []float64
	for _, part := range parts {
		n, ok := coordinate(part)
		if !ok {
			return geo.Point{}, false
		}
		numbers = append(numbers, n)
	}
	p := geo.Point{Lat: numbers[0], Lon: numbers[1]}
	return p, p.Valid()
}

// coordinate reads one number: digits with a point, and nothing that RFC 5870 has not.
func coordinate(s string) (float64, bool) {
	s, err := url.PathUnescape(s)
	if err != nil || s == "" || strings.Trim(s, "-.0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

// geoURI writes a geo URI.
func geoURI(p geo.Point) string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	return "geo:" + number(p.Lat) + "," + number(p.Lon)
}

// liveEvery is how often a live location is taken: the rest of the track is dropped
// before anybody has seen it.
const liveEvery = 10 * time.Minute

// mostLive bounds how many live locations are remembered.
const mostLive = 1000

// track reads where somebody is who shares it live: one point in ten minutes.
func (s *session) track(e *event.Event) core.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := time.UnixMilli(e.Timestamp)
	if last, ok := s.live[e.RoomID]; ok && at.Sub(last) < liveEvery {
		return nil
	}
	if len(s.live) >= mostLive {
		clear(s.live)
	}
	s.live[e.RoomID] = at
	return position(e.Content.Raw, true)
}
