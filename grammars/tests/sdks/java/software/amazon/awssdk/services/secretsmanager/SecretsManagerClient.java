package software.amazon.awssdk.services.secretsmanager;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Scanner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueRequest;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueResponse;

/** The synchronous client of version 2, API of 2017-10-17. */
public final class SecretsManagerClient implements AutoCloseable {
    public static SecretsManagerClient create() {
        return new SecretsManagerClient();
    }

    @Override
    public void close() {
    }

    public GetSecretValueResponse getSecretValue(GetSecretValueRequest request) {
        try {
            URL url = new URL(System.getenv("AWS_ENDPOINT_URL") + "/");
            HttpURLConnection connection = (HttpURLConnection) url.openConnection();
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setRequestProperty("X-Amz-Target", "secretsmanager.GetSecretValue");
            connection.setRequestProperty("Content-Type", "application/x-amz-json-1.1");
            connection.setRequestProperty("Authorization",
                    "AWS4-HMAC-SHA256 Credential=testing/20200101/eu-central-1/secretsmanager/aws4_request");
            String body = "{\"SecretId\": \"" + request.secretId() + "\"}";
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
            boolean worked = connection.getResponseCode() == 200;
            InputStream in = worked ? connection.getInputStream() : connection.getErrorStream();
            String answer = new Scanner(in, "UTF-8").useDelimiter("\\A").next();
            if (!worked) {
                throw new IllegalStateException(member(answer, "__type"));
            }
            String binary = member(answer, "SecretBinary");
            SdkBytes bytes = binary == null ? null : new SdkBytes(Base64.getDecoder().decode(binary));
            return new GetSecretValueResponse(member(answer, "SecretString"), bytes);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static String member(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\": *\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
        if (!found.find()) {
            return null;
        }
        Matcher escapes = Pattern.compile("\\\\(u[0-9a-fA-F]{4}|.)").matcher(found.group(1));
        StringBuffer out = new StringBuffer();
        while (escapes.find()) {
            String escape = escapes.group(1);
            boolean number = escape.length() > 1;
            String text = number ? String.valueOf((char) Integer.parseInt(escape.substring(1), 16)) : escape;
            escapes.appendReplacement(out, Matcher.quoteReplacement(escape.equals("n") ? "\n" : text));
        }
        return escapes.appendTail(out).toString();
    }
}
