<?php

/*
 * Secrets from AWS Secrets Manager, each read once.
 *
 * Made by keylift. Needs the package aws/aws-sdk-php, loaded by Composer; region (AWS_REGION) and credentials come from
 * the environment and the SDK's own chain. A secret that cannot be read throws: there is no default.
 */

if (!function_exists('keylift_secret')) {
    /** The secret of that name, as text. */
    function keylift_secret($name)
    {
        static $known = [];
        static $client = null;
        if (isset($known[$name])) {
            return $known[$name];
        }
        if ($client === null) {
            $client = new \Aws\SecretsManager\SecretsManagerClient([
                'version' => '2017-10-17',
                'region' => getenv('AWS_REGION') ?: getenv('AWS_DEFAULT_REGION'),
            ]);
        }
        $prefix = getenv('KEYLIFT_AWS_PREFIX');
        $answer = $client->getSecretValue(['SecretId' => ($prefix === false ? '@KEYLIFT_PREFIX@' : $prefix) . $name]);
        return $known[$name] = isset($answer['SecretString']) ? $answer['SecretString'] : (string) $answer['SecretBinary'];
    }
}
