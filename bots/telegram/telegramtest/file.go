package telegramtest

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	_ "image/gif" // the formats that Telegram takes as photos
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"path"
	"strings"
	"time"
)

// Limits of files, in bytes.
const (
	maxPhoto    = 10 << 20
	maxUpload   = 50 << 20
	maxDownload = 20 << 20
)

// types are those of files by the end of their name, which is what the real server goes
// by and not what the upload says.
var types = map[string]string{".ics": "text/calendar", ".json": "application/json", ".txt": "text/plain", ".pdf": "application/pdf", ".png": "image/png"}

// A File is a photo, document, voice, video or sticker. It does not change.
type File struct {
	Name          string
	MIME          string
	Data          []byte
	Width, Height int
	Duration      time.Duration
	Emoji         string // of a sticker

	kind   string
	unique string
	size   int // of Data, or what it is said to be
}

// keep gives a file its unique id.
func (s *Server) keep(f *File) *File {
	f.unique = fmt.Sprintf("AgAD%08x", s.number())
	f.size = cmp.Or(f.size, len(f.Data))
	s.files[f.unique] = f
	return f
}

// idFor returns the file_id by which one bot knows a file.
func (f *File) idFor(bot int64) string { return fmt.Sprintf("BQACAgIAAxk-%d-%s", bot, f.unique) }

// file returns the file that a bot knows by an id, or nil.
func (s *Server) file(bot int64, id string) *File {
	for _, f := range s.files {
		if f.idFor(bot) == id {
			return f
		}
	}
	return nil
}

// write puts the file into a message, as a bot sees it.
func (f *File) write(viewer int64, o object) {
	one := object{"file_id": f.idFor(viewer), "file_unique_id": f.unique, "file_size": f.size}
	switch f.kind {
	case "photo":
		one["width"], one["height"] = f.Width, f.Height
		small := object{"file_id": f.idFor(viewer) + "s", "file_unique_id": f.unique + "s", "width": 90, "height": 90 * max(1, f.Height) / max(1, f.Width), "file_size": 1000}
		o["photo"] = []object{small, one}
		return
	case "voice":
		one["duration"] = int(f.Duration / time.Second)
	case "video":
		one["duration"], one["width"], one["height"] = int(f.Duration/time.Second), f.Width, f.Height
	case "sticker":
		one["type"], one["width"], one["height"], one["is_animated"], one["is_video"] = "regular", 512, 512, false, false
		set(one, "emoji", f.Emoji)
	default:
		set(one, "file_name", f.Name)
	}
	set(one, "mime_type", f.MIME)
	o[f.kind] = one
}

func sendPhoto(c *call) answer    { return c.sendFile("photo", maxPhoto) }
func sendDocument(c *call) answer { return c.sendFile("document", maxUpload) }

func (c *call) sendFile(kind string, most int) answer {
	m := Message{Kind: kind}
	refused := c.captioned(&m)
	if refused == nil {
		m.File, refused = c.attachment(kind, most)
	}
	if refused != nil {
		return refuse(refused)
	}
	return c.send(m)
}

// attachment returns the file of a parameter: uploaded, or sent before.
func (c *call) attachment(kind string, most int) (*File, *refusal) {
	name := kind
	if attached, ok := strings.CutPrefix(c.params[kind], "attach://"); ok {
		name = attached
	}
	u, uploaded := c.uploads[name]
	if !uploaded {
		return c.known(kind)
	}
	if len(u.data) > most {
		return nil, &refusal{code: 413, text: "Request Entity Too Large"}
	}
	if len(u.data) == 0 {
		return nil, bad("file must be non-empty")
	}
	f := &File{Name: path.Base(u.name), MIME: cmp.Or(types[path.Ext(u.name)], u.mime), Data: u.data, kind: kind}
	if kind == "photo" {
		if refused := f.measure(); refused != nil {
			return nil, refused
		}
	}
	return c.server.keep(f), nil
}

// known returns the file that a parameter names by its id. The fake loads nothing
// from the web.
func (c *call) known(kind string) (*File, *refusal) {
	id := c.params[kind]
	switch f := c.server.file(c.bot.ID, id); {
	case id == "":
		return nil, bad("there is no %s in the request", kind)
	case f == nil && strings.HasPrefix(id, "http"):
		return nil, bad("failed to get HTTP URL content")
	case f == nil:
		return nil, bad("wrong file identifier/HTTP URL specified")
	case f.kind != kind:
		return nil, bad("can't use file of type %s as %s", title(f.kind), title(kind))
	default:
		return f, nil
	}
}

func title(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] }

// measure reads the size of a photo and refuses what is none.
func (f *File) measure() *refusal {
	size, _, err := image.DecodeConfig(bytes.NewReader(f.Data))
	if err != nil {
		return bad("IMAGE_PROCESS_FAILED")
	}
	w, h := size.Width, size.Height
	if w+h > 10000 || w > 20*h || h > 20*w {
		return bad("PHOTO_INVALID_DIMENSIONS")
	}
	f.Width, f.Height, f.MIME = w, h, ""
	return nil
}

func getFile(c *call) answer {
	f := c.server.file(c.bot.ID, c.params["file_id"])
	switch {
	case c.params["file_id"] == "":
		return refuse(bad("file_id not specified"))
	case f == nil:
		return refuse(bad("invalid file_id"))
	case f.size > maxDownload:
		return refuse(bad("file is too big"))
	}
	return yes(object{
		"file_id": f.idFor(c.bot.ID), "file_unique_id": f.unique, "file_size": f.size,
		"file_path": fmt.Sprintf("%ss/%s%s", f.kind, f.unique, path.Ext(f.Name)),
	})
}

// serveFile answers a download of what getFile named: rest is "<token>/<path>".
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, rest string) {
	token, name, _ := strings.Cut(rest, "/")
	name = strings.TrimPrefix(name, "test/")
	c, refused := s.begin(r, token, "file download")
	if refused != nil {
		s.write(w, answer{refused: refused}, nil)
		return
	}
	if s.before(w, r, c) {
		return
	}
	unique := strings.TrimSuffix(path.Base(name), path.Ext(name))
	s.mu.Lock()
	f := s.files[unique]
	s.mu.Unlock()
	if f == nil || !strings.HasPrefix(name, f.kind) || f.size > maxDownload {
		a := answer{refused: &refusal{code: 404, text: "Not Found"}}
		s.finish(c, a)
		s.write(w, a, c)
		return
	}
	s.finish(c, answer{})
	w.Header().Set("Content-Type", "application/octet-stream")
	if c.trouble != nil {
		c.trouble.deliver(w, http.StatusOK, f.Data)
		return
	}
	_, _ = w.Write(f.Data)
}
