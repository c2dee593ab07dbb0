@KEYLIFT_PACKAGE@import java.io.{ByteArrayOutputStream, IOException}
import java.net.{HttpURLConnection, URL, URLEncoder}
import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Paths}
import java.util.concurrent.ConcurrentHashMap
import scala.util.control.NonFatal

/**
 * Secrets from HashiCorp Vault or OpenBao, each read once.
 *
 * Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
 * VAULT_NAMESPACE; a private authority's certificate belongs into the trust store that Java is started with. A secret
 * that cannot be read throws: there is no default.
 */
private object KeyliftSecrets {
  private val known = new ConcurrentHashMap[String, String]()

  /** The secret of that name, as text. */
  def get(name: String): String = {
    val there = known.get(name)
    if (there != null) there
    else {
      val value =
        try read(name)
        catch {
          case NonFatal(error) => throw new IllegalStateException("The secret " + name + " could not be read", error)
        }
      known.put(name, value)
      value
    }
  }

  private def setting(name: String, usual: String): String = sys.env.get(name).filter(_.nonEmpty).getOrElse(usual)

  private def read(name: String): String = {
    val address = setting("VAULT_ADDR", "").reverse.dropWhile(_ == '/').reverse
    if (address.isEmpty) throw new IOException("VAULT_ADDR is not set")
    val given = setting("VAULT_TOKEN", "")
    val token =
      if (given.nonEmpty) given
      else {
        val text = Files.readAllBytes(Paths.get(System.getProperty("user.home"), ".vault-token"))
        new String(text, StandardCharsets.UTF_8).trim
      }
    val versions = setting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@") != "1"
    val path = Seq(
      setting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@"),
      if (versions) "data" else "",
      setting("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@"),
      name
    ).mkString("/").split('/').filter(_.nonEmpty).map(URLEncoder.encode(_, "UTF-8").replace("+", "%20")).mkString("/")
    val connection = new URL(address + "/v1/" + path).openConnection().asInstanceOf[HttpURLConnection]
    connection.setInstanceFollowRedirects(false)
    connection.setConnectTimeout(30000)
    connection.setReadTimeout(30000)
    connection.setRequestProperty("X-Vault-Token", token)
    connection.setRequestProperty("X-Vault-Request", "true")
    val namespace = setting("VAULT_NAMESPACE", "")
    if (namespace.nonEmpty) connection.setRequestProperty("X-Vault-Namespace", namespace)
    if (connection.getResponseCode != 200) throw new IOException("the server answered " + connection.getResponseCode)
    val body = new ByteArrayOutputStream()
    val in = connection.getInputStream
    try {
      val buffer = new Array[Byte](8192)
      var read = in.read(buffer)
      while (read >= 0) {
        body.write(buffer, 0, read)
        read = in.read(buffer)
      }
    } finally in.close()
    val data = member(new Json(new String(body.toByteArray, StandardCharsets.UTF_8)).value(), "data")
    member(if (versions) member(data, "data") else data, "@KEYLIFT_FIELD@") match {
      case value: String => value
      case _ => throw new IOException("the answer has no text in the field @KEYLIFT_FIELD@")
    }
  }

  private def member(json: Any, name: String): Any = json match {
    case members: Map[_, _] => members.asInstanceOf[Map[String, Any]].getOrElse(name, None)
    case _ => None
  }

  /** Reads the JSON of an answer: objects as maps, lists as lists, strings as strings, other scalars as None. */
  private final class Json(text: String) {
    private var at = 0

    def value(): Any = next() match {
      case '{' => members()
      case '[' => items()
      case '"' => string()
      case _ =>
        while (at < text.length && ",]}".indexOf(text.charAt(at).toInt) < 0) at += 1
        None
    }

    private def next(): Char = {
      while (text.charAt(at).isWhitespace) at += 1
      text.charAt(at)
    }

    private def members(): Map[String, Any] = {
      var found = Map.empty[String, Any]
      at += 1
      while (next() != '}') {
        if (next() == ',') at += 1
        next()
        val key = string()
        next()
        at += 1
        found += key -> value()
      }
      at += 1
      found
    }

    private def items(): List[Any] = {
      var found = List.empty[Any]
      at += 1
      while (next() != ']') {
        if (next() == ',') at += 1
        found ::= value()
      }
      at += 1
      found.reverse
    }

    private def string(): String = {
      val out = new StringBuilder
      at += 1
      while (text.charAt(at) != '"') {
        val character = text.charAt(at)
        at += 1
        if (character != '\\') out.append(character)
        else {
          val escaped = text.charAt(at)
          at += 1
          escaped match {
            case 'b' => out.append('\b')
            case 'f' => out.append('\f')
            case 'n' => out.append('\n')
            case 'r' => out.append('\r')
            case 't' => out.append('\t')
            case 'u' =>
              out.append(Integer.parseInt(text.substring(at, at + 4), 16).toChar)
              at += 4
            case other => out.append(other)
          }
        }
      }
      at += 1
      out.toString
    }
  }
}
