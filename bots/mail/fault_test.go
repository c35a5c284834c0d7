package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"
	"testing"

	"tocsin/core"
)

func TestAnswerMeansWhatItsStepAndNumbersSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   step
		code int
		text string
		want core.Code
	}{
		{stepGreeting, 554, "5.0.0 no", core.Unavailable},
		{stepGreeting, 421, "4.3.2 busy", core.Unavailable},
		{stepHello, 550, "5.7.1 no", core.Unavailable},
		{stepTLS, 454, "4.7.0 no TLS now", core.Unavailable},
		{stepLogin, 535, "5.7.8 no", core.Unavailable},
		{stepNoop, 550, "5.7.1 no", core.Unavailable},
		{stepSender, 451, "", core.Unavailable},
		{stepSender, 550, "5.1.8 no", core.Invalid},
		{stepSender, 530, "5.7.0 log in", core.Unavailable},
		{stepSender, 550, "5.7.8 log in", core.Unavailable},
		{stepRecipient, 421, "", core.Unavailable},
		{stepRecipient, 450, "4.7.1 greylisted", core.Unavailable},
		{stepRecipient, 452, "4.2.2 full", core.Unavailable},
		{stepRecipient, 550, "5.1.1 unknown", core.Invalid},
		{stepRecipient, 354, "what", core.Unavailable},
		{stepData, 451, "", core.Unavailable},
		{stepData, 554, "", core.Invalid},
		{stepEnd, 451, "", core.Unavailable},
		{stepEnd, 552, "5.2.3 too long", core.Invalid},
		{stepEnd, 554, "5.7.1 spam", core.Invalid},
		{stepEnd, 354, "what", core.Uncertain},
		{stepEnd, 221, "bye", core.Uncertain},
	} {
		err := judge(t.Context(), c.at, &textproto.Error{Code: c.code, Msg: c.text})
		f, ok := errors.AsType[*fault](err)
		if !ok || f.code != c.want {
			t.Errorf("%d %q at %s is %v, want %s", c.code, c.text, c.at, err, c.want)
		}
	}
}

func TestLoginRefusalTellsTheOperatorWhatToCheck(t *testing.T) {
	t.Parallel()
	err := judge(t.Context(), stepLogin, fmt.Errorf("library: %w", &textproto.Error{Code: 535, Msg: "5.7.8 CANARY"}))
	if want := "log in: the server answered 535 5.7.8: check user and password of SMTP_URL"; err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
}

func TestLossIsUncertainOnlyAfterTheText(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for at, want := range map[step]core.Code{
		stepConnect: core.Unavailable, stepTLS: core.Unavailable, stepRecipient: core.Unavailable,
		stepData: core.Unavailable, stepText: core.Unavailable, stepEnd: core.Uncertain,
	} {
		for _, ctx := range []context.Context{t.Context(), over} {
			f, _ := errors.AsType[*fault](judge(ctx, at, io.EOF))
			if f == nil || f.code != want || errors.Is(f, context.Canceled) != (ctx == over) {
				t.Errorf("a loss at %s is %v, want %s", at, f, want)
			}
		}
	}
}

func TestTroubleIsNamedWithoutWordsFromOutside(t *testing.T) {
	t.Parallel()
	for want, err := range map[trouble]error{
		troubleRefused:  &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		troubleNoRoute:  &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)},
		troubleNoHost:   &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "CANARY", IsTimeout: true}},
		troubleTimeout:  &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded},
		troubleNonsense: textproto.ProtocolError("short response: CANARY"),
		troubleSigner:   &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		troubleName:     &tls.CertificateVerificationError{Err: x509.HostnameError{Host: "CANARY", Certificate: &x509.Certificate{}}},
		troubleExpired:  &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired, Detail: "CANARY"}},
		troubleCert:     &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.TooManyIntermediates}},
		troubleNotTLS:   tls.RecordHeaderError{Msg: "CANARY"},
		troubleTLS:      fmt.Errorf("remote: %w", tls.AlertError(70)),
		troubleLost:     errors.New("CANARY"),
		troubleNoTLS:    troubleNoTLS,
	} {
		if got := judge(t.Context(), stepConnect, err); !errors.Is(got, want) || strings.Contains(fmt.Sprintf("%+v", got), "CANARY") {
			t.Errorf("%v is named %q, want %q", err, got, want)
		}
	}
}

func FuzzAnswerKeepsItsNumbersAlone(f *testing.F) {
	f.Add(550, "5.1.1 <anne@example.org>: unknown")
	f.Add(550, "4.1.1 other class")
	f.Add(250, "2.0.0")
	f.Add(-5, "5.1")
	f.Add(550, "5.1.1anne")
	f.Fuzz(func(t *testing.T, code int, text string) {
		r := reply{code: code, enhanced: enhancedCode(&textproto.Error{Code: code, Msg: text})}
		if strings.Trim(r.enhanced, digits+".") != "" || len(r.enhanced) > 9 || !strings.HasPrefix(text, r.enhanced) {
			t.Fatalf("%d %q is kept as %q", code, text, r.enhanced)
		}
		if r.enhanced != "" && int(r.enhanced[0]-'0') != code/100 {
			t.Fatalf("%d %q is kept as %q", code, text, r.enhanced)
		}
	})
}
