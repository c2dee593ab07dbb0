using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Runtime.Serialization.Json;
using System.Xml;
using System.Xml.Linq;

/// <summary>
/// Secrets from HashiCorp Vault or OpenBao, each read once.
/// Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
/// VAULT_NAMESPACE; a private authority's certificate belongs into the trust store of the machine. A secret that cannot
/// be read throws: there is no default.
/// </summary>
internal static class KeyliftSecrets
{
    private static readonly ConcurrentDictionary<string, string> Known = new ConcurrentDictionary<string, string>();

    // The token is for one server alone: redirects are not followed.
    private static readonly HttpClient Client =
        new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>The secret of that name, as text.</summary>
    internal static string Get(string name)
    {
        return Known.GetOrAdd(name, Read);
    }

    private static string Setting(string name, string usual)
    {
        string value = Environment.GetEnvironmentVariable(name);
        return string.IsNullOrEmpty(value) ? usual : value;
    }

    private static string Read(string name)
    {
        string address = Setting("VAULT_ADDR", "").TrimEnd('/');
        if (address == "")
        {
            throw new InvalidOperationException("The secret " + name + " could not be read: VAULT_ADDR is not set");
        }
        string token = Setting("VAULT_TOKEN", "");
        if (token == "")
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            token = File.ReadAllText(Path.Combine(home, ".vault-token")).Trim();
        }
        bool versions = Setting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@") != "1";
        string path = string.Join("/", Setting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@"), versions ? "data" : "",
            Setting("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@"), name);
        string[] parts = path.Split('/').Where(part => part != "").Select(Uri.EscapeDataString).ToArray();
        var request = new HttpRequestMessage(HttpMethod.Get, address + "/v1/" + string.Join("/", parts));
        request.Headers.Add("X-Vault-Token", token);
        request.Headers.Add("X-Vault-Request", "true");
        if (Setting("VAULT_NAMESPACE", "") != "")
        {
            request.Headers.Add("X-Vault-Namespace", Setting("VAULT_NAMESPACE", ""));
        }
        using (HttpResponseMessage answer = Client.SendAsync(request).GetAwaiter().GetResult())
        {
            if ((int)answer.StatusCode != 200)
            {
                throw new InvalidOperationException(
                    "The secret " + name + " could not be read: the server answered " + (int)answer.StatusCode);
            }
            byte[] body = answer.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
            using (var reader = JsonReaderWriterFactory.CreateJsonReader(body, XmlDictionaryReaderQuotas.Max))
            {
                XElement data = Member(XElement.Load(reader), "data");
                XElement value = Member(versions ? Member(data, "data") : data, "@KEYLIFT_FIELD@");
                if (value == null || (string)value.Attribute("type") != "string")
                {
                    throw new InvalidOperationException(
                        "The secret " + name + " has no text in the field @KEYLIFT_FIELD@");
                }
                return value.Value;
            }
        }
    }

    // A key that is no name of XML stands in an attribute.
    private static XElement Member(XElement parent, string name)
    {
        return parent == null ? null : parent.Elements().FirstOrDefault(child =>
            child.Name.LocalName == name || (string)child.Attribute("item") == name);
    }
}
