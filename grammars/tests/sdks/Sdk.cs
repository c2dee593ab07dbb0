using System;
using System.IO;
using System.Net;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using System.Xml;

namespace Amazon.SecretsManager.Model
{
    public class GetSecretValueRequest
    {
        public string SecretId { get; set; }
    }

    public class GetSecretValueResponse
    {
        public string SecretString { get; set; }
        public MemoryStream SecretBinary { get; set; }
    }
}

namespace Amazon.SecretsManager
{
    using Amazon.SecretsManager.Model;

    /// <summary>The client of AWSSDK.SecretsManager, API of 2017-10-17.</summary>
    public class AmazonSecretsManagerClient
    {
        public Task<GetSecretValueResponse> GetSecretValueAsync(
            GetSecretValueRequest request, CancellationToken cancellationToken = default(CancellationToken))
        {
            var http = WebRequest.Create(Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL") + "/");
            http.Method = "POST";
            http.ContentType = "application/x-amz-json-1.1";
            http.Headers["X-Amz-Target"] = "secretsmanager.GetSecretValue";
            http.Headers["Authorization"] =
                "AWS4-HMAC-SHA256 Credential=testing/20200101/eu-central-1/secretsmanager/aws4_request";
            var body = Encoding.UTF8.GetBytes("{\"SecretId\": \"" + request.SecretId + "\"}");
            http.GetRequestStream().Write(body, 0, body.Length);
            WebResponse response;
            try
            {
                response = http.GetResponse();
            }
            catch (WebException error)
            {
                throw new InvalidOperationException(new StreamReader(error.Response.GetResponseStream()).ReadToEnd());
            }
            var answer = new GetSecretValueResponse();
            var json = new XmlDocument();
            json.Load(JsonReaderWriterFactory.CreateJsonReader(
                response.GetResponseStream(), XmlDictionaryReaderQuotas.Max));
            var text = json.DocumentElement["SecretString"];
            var binary = json.DocumentElement["SecretBinary"];
            answer.SecretString = text == null ? null : text.InnerText;
            answer.SecretBinary = binary == null ? null : new MemoryStream(Convert.FromBase64String(binary.InnerText));
            return Task.FromResult(answer);
        }
    }
}
