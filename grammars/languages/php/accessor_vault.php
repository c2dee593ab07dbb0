<?php

/*
 * Secrets from HashiCorp Vault or OpenBao, each read once.
 *
 * Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
 * VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. A secret that cannot be read throws: there is
 * no default.
 */

if (!function_exists('keylift_secret')) {
    /** The secret of that name, as text. */
    function keylift_secret($name)
    {
        static $known = [];
        if (isset($known[$name])) {
            return $known[$name];
        }
        $env = function ($variable, $usual = '') {
            $value = getenv($variable);
            return is_string($value) && $value !== '' ? $value : $usual;
        };
        $fail = function ($why) use ($name) {
            throw new \RuntimeException("The secret $name could not be read: $why");
        };
        $address = rtrim($env('VAULT_ADDR'), '/');
        if ($address === '') {
            $fail('VAULT_ADDR is not set');
        }
        $token = $env('VAULT_TOKEN');
        if ($token === '') {
            $token = trim((string) @file_get_contents($env('HOME') . '/.vault-token'));
        }
        if ($token === '') {
            $fail('VAULT_TOKEN is not set');
        }
        $headers = ["X-Vault-Token: $token", 'X-Vault-Request: true'];
        if ($env('VAULT_NAMESPACE') !== '') {
            $headers[] = 'X-Vault-Namespace: ' . $env('VAULT_NAMESPACE');
        }
        $versions = $env('KEYLIFT_VAULT_KV', '@KEYLIFT_KV@') !== '1';
        $path = implode('/', [
            $env('KEYLIFT_VAULT_MOUNT', '@KEYLIFT_MOUNT@'),
            $versions ? 'data' : '',
            $env('KEYLIFT_VAULT_PREFIX', '@KEYLIFT_PREFIX@'),
            $name,
        ]);
        $parts = array_filter(explode('/', $path), 'strlen');
        $tls = $env('VAULT_CACERT') !== '' ? ['cafile' => $env('VAULT_CACERT')] : [];
        $context = stream_context_create([
            'http' => ['header' => $headers, 'timeout' => 30, 'follow_location' => 0, 'ignore_errors' => false],
            'ssl' => $tls,
        ]);
        $body = @file_get_contents($address . '/v1/' . implode('/', array_map('rawurlencode', $parts)), false, $context);
        if ($body === false) {
            $error = error_get_last();
            $fail($error === null ? 'no answer' : $error['message']);
        }
        $answer = json_decode($body, true);
        $data = isset($answer['data']) ? $answer['data'] : null;
        if ($versions) {
            $data = isset($data['data']) ? $data['data'] : null;
        }
        if (!isset($data['@KEYLIFT_FIELD@']) || !is_string($data['@KEYLIFT_FIELD@'])) {
            $fail('the answer has no text in the field @KEYLIFT_FIELD@');
        }
        return $known[$name] = $data['@KEYLIFT_FIELD@'];
    }
}
