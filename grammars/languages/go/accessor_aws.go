// Secrets from AWS Secrets Manager, each read once.
//
// Made by keylift. Needs github.com/aws/aws-sdk-go-v2/config and github.com/aws/aws-sdk-go-v2/service/secretsmanager;
// region and credentials come from the SDK's own chain. A secret that cannot be read panics: there is no default.

package @KEYLIFT_PACKAGE@

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
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

func keyliftRead(name string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", err
	}
	prefix, set := os.LookupEnv("KEYLIFT_AWS_PREFIX")
	if !set {
		prefix = "@KEYLIFT_PREFIX@"
	}
	request := &secretsmanager.GetSecretValueInput{SecretId: aws.String(prefix + name)}
	answer, err := secretsmanager.NewFromConfig(settings).GetSecretValue(ctx, request)
	if err != nil {
		return "", err
	}
	if answer.SecretString != nil {
		return *answer.SecretString, nil
	}
	return string(answer.SecretBinary), nil
}
