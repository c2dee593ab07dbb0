@KEYLIFT_PACKAGE@import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Secrets from HashiCorp Vault or OpenBao, each read once.
 *
 * <p>Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
 * VAULT_NAMESPACE; a private authority's certificate belongs into the trust store that Java is started with. A secret
 * that cannot be read throws: there is no default.
 */
final class KeyliftSecrets {
    private static final Map<String, String> KNOWN = new ConcurrentHashMap<>();

    private KeyliftSecrets() {
    }

    /** The secret of that name, as text. */
    static String get(String name) {
        String known = KNOWN.get(name);
        if (known != null) {
            return known;
        }
        try {
            String value = read(name);
            KNOWN.put(name, value);
            return value;
        } catch (IOException | RuntimeException error) {
            throw new IllegalStateException("The secret " + name + " could not be read", error);
        }
    }

    private static String setting(String name, String usual) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? usual : value;
    }

    private static String read(String name) throws IOException {
        String address = setting("VAULT_ADDR", "");
        if (address.isEmpty()) {
            throw new IOException("VAULT_ADDR is not set");
        }
        String token = setting("VAULT_TOKEN", "");
        if (token.isEmpty()) {
            byte[] text = Files.readAllBytes(Paths.get(System.getProperty("user.home"), ".vault-token"));
            token = new String(text, StandardCharsets.UTF_8).trim();
        }
        boolean versions = !setting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@").equals("1");
        String path = setting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@") + (versions ? "/data/" : "/")
                + setting("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@") + "/" + name;
        StringBuilder target = new StringBuilder(address.replaceAll("/+$", "")).append("/v1");
        for (String part : path.split("/")) {
            if (!part.isEmpty()) {
                target.append('/').append(URLEncoder.encode(part, "UTF-8").replace("+", "%20"));
            }
        }
        HttpURLConnection connection = (HttpURLConnection) new URL(target.toString()).openConnection();
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout(30_000);
        connection.setReadTimeout(30_000);
        connection.setRequestProperty("X-Vault-Token", token);
        connection.setRequestProperty("X-Vault-Request", "true");
        if (!setting("VAULT_NAMESPACE", "").isEmpty()) {
            connection.setRequestProperty("X-Vault-Namespace", setting("VAULT_NAMESPACE", ""));
        }
        if (connection.getResponseCode() != 200) {
            throw new IOException("the server answered " + connection.getResponseCode());
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (InputStream in = connection.getInputStream()) {
            byte[] buffer = new byte[8192];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                body.write(buffer, 0, read);
            }
        }
        Object data = member(new Json(new String(body.toByteArray(), StandardCharsets.UTF_8)).value(), "data");
        Object value = member(versions ? member(data, "data") : data, "@KEYLIFT_FIELD@");
        if (!(value instanceof String)) {
            throw new IOException("the answer has no text in the field @KEYLIFT_FIELD@");
        }
        return (String) value;
    }

    private static Object member(Object object, String name) {
        return object instanceof Map ? ((Map<?, ?>) object).get(name) : null;
    }

    /** Reads the JSON of an answer: objects as maps, strings as strings, other scalars as their text in a list. */
    private static final class Json {
        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        Object value() {
            switch (next()) {
                case '{':
                    return object();
                case '[':
                    return list();
                case '"':
                    return string();
                default:
                    int start = at;
                    while (at < text.length() && ",]}".indexOf(text.charAt(at)) < 0) {
                        at++;
                    }
                    List<Object> scalar = new ArrayList<>();
                    scalar.add(text.substring(start, at).trim());
                    return scalar;
            }
        }

        private char next() {
            while (Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return text.charAt(at);
        }

        private Map<String, Object> object() {
            Map<String, Object> members = new HashMap<>();
            at++;
            while (next() != '}') {
                if (next() == ',') {
                    at++;
                    next();
                }
                String key = string();
                next();
                at++;
                members.put(key, value());
            }
            at++;
            return members;
        }

        private List<Object> list() {
            List<Object> items = new ArrayList<>();
            at++;
            while (next() != ']') {
                if (next() == ',') {
                    at++;
                }
                items.add(value());
            }
            at++;
            return items;
        }

        private String string() {
            StringBuilder out = new StringBuilder();
            at++;
            for (char c = text.charAt(at++); c != '"'; c = text.charAt(at++)) {
                if (c != '\\') {
                    out.append(c);
                    continue;
                }
                char escaped = text.charAt(at++);
                int plain = "bfnrt".indexOf(escaped);
                if (escaped == 'u') {
                    out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                    at += 4;
                } else {
                    out.append(plain < 0 ? escaped : "\b\f\n\r\t".charAt(plain));
                }
            }
            return out.toString();
        }
    }
}
