package storage

import (
	"context"
	"crypto/rand"

	"tocsin/core"
)

// blobCell is where a blob is sealed.
func blobCell(uid string) cell { return cell{Table: "blobs", Column: "sealed", Row: uid} }

// PutBlob implements core.OutboxStore.
func (t *tx) PutBlob(ctx context.Context, b []byte) (core.BlobID, error) {
	uid := rand.Text()
	sealed, err := t.keys.seal(blobCell(uid), b)
	if err != nil {
		return 0, err
	}
	var id core.BlobID
	err = t.NewRaw("INSERT INTO blobs (uid, sealed, day) VALUES (?, ?, ?) RETURNING id",
		uid, sealed, t.today(),
	).Scan(ctx, &id)
	return id, failed(err, "put blob")
}

// Blob implements core.OutboxStore.
func (t *tx) Blob(ctx context.Context, id core.BlobID) ([]byte, error) {
	var uid string
	var sealed []byte
	if err := t.NewRaw("SELECT uid, sealed FROM blobs WHERE id = ?", id).Scan(ctx, &uid, &sealed); err != nil {
		return nil, failed(err, "read blob")
	}
	return t.keys.open(blobCell(uid), sealed)
}
