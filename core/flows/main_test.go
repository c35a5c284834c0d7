package flows_test

import (
	"os"
	"testing"

	"tocsin/bots/matrix/matrixtest"
)

func TestMain(m *testing.M) { os.Exit(matrixtest.Wrap(m).Run()) }
