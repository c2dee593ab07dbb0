// Secrets from HashiCorp Vault or OpenBao, each read once.
//
// Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
// VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. A secret that cannot be read panics: there is
// no default.

package @KEYLIFT_PACKAGE@

// The names are its own: a package may declare a `url` or a `config`, which no file of it may import then.
import (
	keyliftTLS "crypto/tls"
	keyliftX509 "crypto/x509"
	keyliftJSON "encoding/json"
	keyliftErrors "errors"
	keyliftFmt "fmt"
	keyliftHTTP "net/http"
	keyliftURL "net/url"
	keyliftOS "os"
	keyliftFilepath "path/filepath"
	keyliftStrings "strings"
	keyliftSync "sync"
	keyliftTime "time"
)

var keyliftKnown keyliftSync.Map

// keyliftSecret returns the secret of that name, as text.
func keyliftSecret(name string) string {
	if known, ok := keyliftKnown.Load(name); ok {
		return known.(string)
	}
	value, err := keyliftRead(name)
	if err != nil {
		panic(keyliftFmt.Sprintf("the secret %s could not be read: %v", name, err))
	}
	keyliftKnown.Store(name, value)
	return value
}

func keyliftSetting(name, usual string) string {
	if value := keyliftOS.Getenv(name); value != "" {
		return value
	}
	return usual
}

func keyliftRead(name string) (string, error) {
	address := keyliftStrings.TrimRight(keyliftOS.Getenv("VAULT_ADDR"), "/")
	if address == "" {
		return "", keyliftErrors.New("VAULT_ADDR is not set")
	}
	token := keyliftOS.Getenv("VAULT_TOKEN")
	if token == "" {
		home, _ := keyliftOS.UserHomeDir()
		text, err := keyliftOS.ReadFile(keyliftFilepath.Join(home, ".vault-token"))
		if err != nil {
			return "", keyliftErrors.New("VAULT_TOKEN is not set")
		}
		token = keyliftStrings.TrimSpace(string(text))
	}
	versions := keyliftSetting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@") != "1"
	path := keyliftSetting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@")
	if versions {
		path += "/data"
	}
	path += "/" + keyliftSetting("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@") + "/" + name
	target := address + "/v1"
	for _, part := range keyliftStrings.Split(path, "/") {
		if part != "" {
			target += "/" + keyliftURL.PathEscape(part)
		}
	}
	request, err := keyliftHTTP.NewRequest(keyliftHTTP.MethodGet, target, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("X-Vault-Token", token)
	request.Header.Set("X-Vault-Request", "true")
	if namespace := keyliftOS.Getenv("VAULT_NAMESPACE"); namespace != "" {
		request.Header.Set("X-Vault-Namespace", namespace)
	}
	transport := keyliftHTTP.DefaultTransport.(*keyliftHTTP.Transport).Clone()
	if file := keyliftOS.Getenv("VAULT_CACERT"); file != "" {
		text, err := keyliftOS.ReadFile(file)
		if err != nil {
			return "", err
		}
		authorities := keyliftX509.NewCertPool()
		authorities.AppendCertsFromPEM(text)
		transport.TLSClientConfig = &keyliftTLS.Config{RootCAs: authorities, MinVersion: keyliftTLS.VersionTLS12}
	}
	client := &keyliftHTTP.Client{
		Transport: transport,
		Timeout:   30 * keyliftTime.Second,
		// The token is for this server alone.
		CheckRedirect: func(*keyliftHTTP.Request, []*keyliftHTTP.Request) error { return keyliftHTTP.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != keyliftHTTP.StatusOK {
		return "", keyliftFmt.Errorf("the server answered %d", answer.StatusCode)
	}
	var body struct{ Data map[string]interface{} }
	if err := keyliftJSON.NewDecoder(answer.Body).Decode(&body); err != nil {
		return "", keyliftErrors.New("the answer is no JSON")
	}
	data := body.Data
	if versions {
		data, _ = data["data"].(map[string]interface{})
	}
	value, ok := data["@KEYLIFT_FIELD@"].(string)
	if !ok {
		return "", keyliftErrors.New("the answer has no text in the field @KEYLIFT_FIELD@")
	}
	return value, nil
}
