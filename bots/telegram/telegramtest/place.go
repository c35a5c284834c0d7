package telegramtest

import "math"

func sendLocation(c *call) answer {
	place, refused := c.location()
	if refused != nil {
		return refuse(refused)
	}
	return c.send(Message{Kind: "location", Location: &place})
}

func sendVenue(c *call) answer {
	place, refused := c.location()
	switch {
	case refused != nil:
	case c.params["title"] == "":
		refused = bad("venue title must be non-empty")
	case c.params["address"] == "":
		refused = bad("venue address must be non-empty")
	}
	if refused != nil {
		return refuse(refused)
	}
	venue := Venue{Location: place, Title: c.params["title"], Address: c.params["address"]}
	return c.send(Message{Kind: "venue", Location: &place, Venue: &venue})
}

// forever is the live_period of a location that never ends.
const forever = 0x7FFFFFFF

// location reads the fields of a Location.
func (c *call) location() (Location, *refusal) {
	latitude, has := c.float("latitude")
	if !has {
		return Location{}, bad("latitude is empty")
	}
	longitude, has := c.float("longitude")
	if !has {
		return Location{}, bad("longitude is empty")
	}
	accuracy, _ := c.float("horizontal_accuracy")
	if !(math.Abs(latitude) <= 90) || !(math.Abs(longitude) <= 180) {
		return Location{}, bad("invalid location specified")
	}
	place := Location{
		Latitude: latitude, Longitude: longitude, LivePeriod: int(c.integer("live_period")),
		Heading: int(c.integer("heading")), Alert: int(c.integer("proximity_alert_radius")),
	}
	if accuracy > 0 {
		place.Accuracy = min(accuracy, 1500)
	}
	p := place.LivePeriod
	if p != 0 && p != forever && (p < 60 || p > 86400) {
		return Location{}, bad("invalid live location period specified")
	}
	return place, nil
}
