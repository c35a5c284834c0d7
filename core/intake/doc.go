// Package intake reads other people's files into the campaign's nouns, row by row;
// it stores nothing.
//
// Each parser takes an io.Reader and returns an iterator. A row that cannot be used
// is yielded as a [*RowError] and reading goes on; a failure of the reader itself is
// yielded as another error and ends the iteration. What a row held never appears in
// an error: files of this kind carry addresses and names.
package intake
