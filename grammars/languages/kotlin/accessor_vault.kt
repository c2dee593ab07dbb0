@KEYLIFT_PACKAGE@import java.io.File
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import java.net.URLEncoder
import java.util.concurrent.ConcurrentHashMap

/**
 * Secrets from HashiCorp Vault or OpenBao, each read once.
 *
 * Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
 * VAULT_NAMESPACE; a private authority's certificate belongs into the trust store that Java is started with. A secret
 * that cannot be read throws: there is no default.
 */
internal object KeyliftSecrets {
    private val known = ConcurrentHashMap<String, String>()

    /** The secret of that name, as text. */
    fun get(name: String): String = known[name] ?: try {
        read(name).also { known[name] = it }
    } catch (error: IOException) {
        throw IllegalStateException("The secret $name could not be read", error)
    } catch (error: RuntimeException) {
        throw IllegalStateException("The secret $name could not be read", error)
    }

    private fun setting(name: String, usual: String = ""): String =
        System.getenv(name)?.takeIf { it.isNotEmpty() } ?: usual

    private fun read(name: String): String {
        val address = setting("VAULT_ADDR").trimEnd('/')
        if (address.isEmpty()) throw IOException("VAULT_ADDR is not set")
        val token = setting("VAULT_TOKEN").ifEmpty { File(System.getProperty("user.home"), ".vault-token").readText().trim() }
        val versions = setting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@") != "1"
        val mount = setting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@")
        val prefix = setting("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@")
        val path = listOf(mount, if (versions) "data" else "", prefix, name).joinToString("/").split('/')
            .filter { it.isNotEmpty() }.joinToString("/") { URLEncoder.encode(it, "UTF-8").replace("+", "%20") }
        val connection = URL("$address/v1/$path").openConnection() as HttpURLConnection
        connection.instanceFollowRedirects = false
        connection.connectTimeout = 30_000
        connection.readTimeout = 30_000
        connection.setRequestProperty("X-Vault-Token", token)
        connection.setRequestProperty("X-Vault-Request", "true")
        if (setting("VAULT_NAMESPACE").isNotEmpty()) {
            connection.setRequestProperty("X-Vault-Namespace", setting("VAULT_NAMESPACE"))
        }
        if (connection.responseCode != 200) throw IOException("the server answered ${connection.responseCode}")
        val body = connection.inputStream.use { it.readBytes().toString(Charsets.UTF_8) }
        val data = (Json(body).value() as? Map<*, *>)?.get("data")
        val fields = if (versions) (data as? Map<*, *>)?.get("data") else data
        return (fields as? Map<*, *>)?.get("@KEYLIFT_FIELD@") as? String
            ?: throw IOException("the answer has no text in the field @KEYLIFT_FIELD@")
    }

    /** Reads the JSON of an answer: objects as maps, lists as lists, strings as strings, other scalars as nothing. */
    private class Json(private val text: String) {
        private var at = 0

        fun value(): Any? = when (next()) {
            '{' -> members()
            '[' -> items()
            '"' -> string()
            else -> {
                while (at < text.length && text[at] !in ",]}") at++
                null
            }
        }

        private fun next(): Char {
            while (text[at].isWhitespace()) at++
            return text[at]
        }

        private fun members(): Map<String, Any?> {
            val members = HashMap<String, Any?>()
            at++
            while (next() != '}') {
                if (next() == ',') at++
                next()
                val key = string()
                next()
                at++
                members[key] = value()
            }
            at++
            return members
        }

        private fun items(): List<Any?> {
            val items = ArrayList<Any?>()
            at++
            while (next() != ']') {
                if (next() == ',') at++
                items.add(value())
            }
            at++
            return items
        }

        private fun string(): String {
            val out = StringBuilder()
            at++
            while (text[at] != '"') {
                val character = text[at++]
                if (character != '\\') {
                    out.append(character)
                    continue
                }
                when (val escaped = text[at++]) {
                    'b' -> out.append('\b')
                    'f' -> out.append('\u000c')
                    'n' -> out.append('\n')
                    'r' -> out.append('\r')
                    't' -> out.append('\t')
                    'u' -> {
                        out.append(text.substring(at, at + 4).toInt(16).toChar())
                        at += 4
                    }
                    else -> out.append(escaped)
                }
            }
            at++
            return out.toString()
        }
    }
}
