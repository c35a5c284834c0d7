package matrix_test

import (
	"os"
	"testing"

	"tocsin/bots/matrix/matrixtest"
	"tocsin/storage/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Wrap(matrixtest.Wrap(m)).Run()) }
