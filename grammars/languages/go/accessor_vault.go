// Secrets from HashiCorp Vault or OpenBao, each read once.
//
// Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
// VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. A secret that cannot be read panics: there is
// no default.

package @KEYLIFT_PACKAGE@

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

var keyliftKnown sync.Map

// keyliftSecret returns the secret of that name, as text.
func keyliftSecret(name string) string {
	if known, ok := keyliftKnown.Load(name); ok {
		return known.(string)
	}
	value, err := keyliftRead(name)
	if err != nil {
		panic(fmt.Sprintf("the secret %s could not be read: %v", name, err))
	}
	keyliftKnown.Store(name, value)
	return value
}

func keyliftSetting(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}

func keyliftRead(name string) (string, error) {
	address := strings.TrimRight(os.Getenv("VAULT_ADDR"), "/")
	if address == "" {
		return "", errors.New("VAULT_ADDR is not set")
	}
	token := os.Getenv("VAULT_TOKEN")
	if token == "" {
		home, _ := os.UserHomeDir()
		text, err := os.ReadFile(filepath.Join(home, ".vault-token"))
		if err != nil {
			return "", errors.New("VAULT_TOKEN is not set")
		}
		token = strings.TrimSpace(string(text))
	}
	versions := keyliftSetting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@") != "1"
	path := keyliftSetting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@")
	if versions {
		path += "/data"
	}
	path += "/" + keyliftSetting("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@") + "/" + name
	target := address + "/v1"
	for _, part := range strings.Split(path, "/") {
		if part != "" {
			target += "/" + url.PathEscape(part)
		}
	}
	request, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("X-Vault-Token", token)
	request.Header.Set("X-Vault-Request", "true")
	if namespace := os.Getenv("VAULT_NAMESPACE"); namespace != "" {
		request.Header.Set("X-Vault-Namespace", namespace)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if file := os.Getenv("VAULT_CACERT"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		authorities := x509.NewCertPool()
		authorities.AppendCertsFromPEM(text)
		transport.TLSClientConfig = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	}
	client := &http.Client{
		Transport: transport,
		Timeout:   30 * time.Second,
		// The token is for this server alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the server answered %d", answer.StatusCode)
	}
	var body struct{ Data map[string]interface{} }
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		return "", errors.New("the answer is no JSON")
	}
	data := body.Data
	if versions {
		data, _ = data["data"].(map[string]interface{})
	}
	value, ok := data["@KEYLIFT_FIELD@"].(string)
	if !ok {
		return "", errors.New("the answer has no text in the field @KEYLIFT_FIELD@")
	}
	return value, nil
}
