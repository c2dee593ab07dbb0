<?php
namespace Aws\SecretsManager;

/** Aws\SecretsManager\SecretsManagerClient, API of 2017-10-17. */
class SecretsManagerClient
{
    public function __construct(array $settings)
    {
        if ($settings['version'] !== '2017-10-17' || !$settings['region']) {
            throw new \InvalidArgumentException('Missing required client configuration options');
        }
    }

    public function getSecretValue(array $request)
    {
        $context = stream_context_create(['http' => [
            'method' => 'POST',
            'header' => [
                'X-Amz-Target: secretsmanager.GetSecretValue',
                'Content-Type: application/x-amz-json-1.1',
                'Authorization: AWS4-HMAC-SHA256 Credential=testing/20200101/eu-central-1/secretsmanager/aws4_request',
            ],
            'content' => json_encode(['SecretId' => $request['SecretId']]),
            'ignore_errors' => true,
        ]]);
        $answer = json_decode(file_get_contents(getenv('AWS_ENDPOINT_URL') . '/', false, $context), true);
        if (isset($answer['__type'])) {
            throw new \RuntimeException($answer['__type']);
        }
        if (isset($answer['SecretBinary'])) {
            $answer['SecretBinary'] = base64_decode($answer['SecretBinary']);
        }
        return new \ArrayObject($answer);
    }
}
