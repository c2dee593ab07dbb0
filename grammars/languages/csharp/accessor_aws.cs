using System;
using System.Collections.Concurrent;
using System.IO;
using Amazon.SecretsManager;
using Amazon.SecretsManager.Model;

/// <summary>
/// Secrets from AWS Secrets Manager, each read once.
/// Made by keylift. Needs the package AWSSDK.SecretsManager; region and credentials come from its own chain. A secret
/// that cannot be read throws: there is no default.
/// </summary>
internal static class KeyliftSecrets
{
    private static readonly ConcurrentDictionary<string, string> Known = new ConcurrentDictionary<string, string>();

    private static readonly Lazy<AmazonSecretsManagerClient> Client =
        new Lazy<AmazonSecretsManagerClient>(() => new AmazonSecretsManagerClient());

    /// <summary>The secret of that name, as text.</summary>
    internal static string Get(string name)
    {
        return Known.GetOrAdd(name, Read);
    }

    private static string Read(string name)
    {
        string prefix = Environment.GetEnvironmentVariable("KEYLIFT_AWS_PREFIX") ?? "@KEYLIFT_PREFIX@";
        var request = new GetSecretValueRequest { SecretId = prefix + name };
        var answer = Client.Value.GetSecretValueAsync(request).GetAwaiter().GetResult();
        if (answer.SecretString != null)
        {
            return answer.SecretString;
        }
        using (var text = new StreamReader(answer.SecretBinary))
        {
            return text.ReadToEnd();
        }
    }
}
