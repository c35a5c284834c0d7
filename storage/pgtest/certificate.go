package pgtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

const (
	certificateHost = "localhost"
	certificateFile = "server.crt"
	keyFile         = "server.key"
)

// encrypt gives the server a self-signed certificate for localhost, and makes it refuse
// every connection without TLS.
func (s *Server) encrypt() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	certificate, err := selfSign(key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	files := map[string][]byte{
		certificateFile:                          pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}),
		keyFile:                                  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
		filepath.Join(dataFolder, "pg_hba.conf"): []byte("hostssl all all " + loopback + "/32 trust\n"),
	}
	for name, content := range files {
		path := s.folder.file(name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
		if err := give(path, s.install.owner); err != nil {
			return err
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	s.roots = &tls.Config{RootCAs: roots, ServerName: certificateHost}
	return nil
}

// encryption are the settings that follow from encrypt.
func (s *Server) encryption() Settings {
	if s.recipe.face != encrypted {
		return nil
	}
	return Settings{
		"ssl":           "on",
		"ssl_cert_file": s.folder.file(certificateFile),
		"ssl_key_file":  s.folder.file(keyFile),
	}
}

// selfSign makes a certificate that vouches for localhost and for itself, for a day.
func selfSign(key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: certificateHost},
		DNSNames:              []string{certificateHost},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
