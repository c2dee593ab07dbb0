// Secrets from AWS Secrets Manager, each read once.
//
// Made by keylift. Needs github.com/aws/aws-sdk-go-v2/config and github.com/aws/aws-sdk-go-v2/service/secretsmanager;
// region and credentials come from the SDK's own chain. A secret that cannot be read panics: there is no default.

package @KEYLIFT_PACKAGE@

// The names are its own: a package may declare a `url` or a `config`, which no file of it may import then.
import (
	keyliftContext "context"
	keyliftFmt "fmt"
	keyliftOS "os"
	keyliftSync "sync"
	keyliftTime "time"

	keyliftAWS "github.com/aws/aws-sdk-go-v2/aws"
	keyliftConfig "github.com/aws/aws-sdk-go-v2/config"
	keyliftManager "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
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

func keyliftRead(name string) (string, error) {
	ctx, cancel := keyliftContext.WithTimeout(keyliftContext.Background(), 60*keyliftTime.Second)
	defer cancel()
	settings, err := keyliftConfig.LoadDefaultConfig(ctx)
	if err != nil {
		return "", err
	}
	prefix, set := keyliftOS.LookupEnv("KEYLIFT_AWS_PREFIX")
	if !set {
		prefix = "@KEYLIFT_PREFIX@"
	}
	request := &keyliftManager.GetSecretValueInput{SecretId: keyliftAWS.String(prefix + name)}
	answer, err := keyliftManager.NewFromConfig(settings).GetSecretValue(ctx, request)
	if err != nil {
		return "", err
	}
	if answer.SecretString != nil {
		return *answer.SecretString, nil
	}
	return string(answer.SecretBinary), nil
}
