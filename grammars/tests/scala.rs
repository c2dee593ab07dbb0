//! Scala, before and after: each rewrite is compiled and run by a real Scala, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One program with a shape in each case, so that each can be run by itself.
const SHAPES: &str = r#"package original // a package

import scala.collection.mutable

object First { val password = "value-00" }
object Second { final val Password: String = "value-01" /* note */ }

class Config(var password: String = "value-02", val user: String = "u") {
  lazy val lazily = "value-03"
  def named(user: String, password: String = "value-04"): String = user + password
}
case class Login(user: String, password: String)
trait Defaults { def secret = "value-05" }

object Main extends Defaults {
  def show(value: Any): Unit = println(value)

  def main(args: Array[String]): Unit = {
    for (number <- args) {
      println("case " + number)
      try shape(number.toInt) catch {
        case thrown: Throwable =>
          var root: Throwable = thrown
          while (root.getCause != null) root = root.getCause
          println("failed: " + root.getMessage)
      }
    }
  }

  def shape(number: Int): Unit = {
    val other = "x"
    number match {
      case 0 => show(First.password)
      case 1 => show(Second.Password)
      case 2 => show(new Config().password)
      case 3 => show(new Config("p").lazily)
      case 4 => show(new Config("p").named("u"))
      case 5 => show(secret)
      case 6 => show(Login("u", "value-06"))
      case 7 => show(Login(user = "u", password = "value-07").password)
      case 8 => show(s"jdbc:mysql://root:value-08@db/$other/${other.length}")
      case 9 => show("""raw \n value-09 "quoted" """ + other)
      case 10 => if (other == "value-10") show("equal") else show("different")
      case 11 => show(if ("value-11".equals(other)) "equal" else "different")
      case 12 => show(sys.env.getOrElse("V12", "value-12"))
      case 13 => show(Option(System.getenv("V13")).getOrElse("value-13"))
      case 14 => show(Map("password" -> "value-14", "a" -> "b")("password"))
      case 15 =>
        val map = mutable.Map[String, String]()
        map("password") = "value-15"
        map += ("other" -> "y")
        show(map("password"))
      case 16 => show(List("x", "value-16").mkString(","))
      case 17 => show("value-17".length)
      case 18 => show("a" + "value-18" + 'b')
      case 19 => show("tab\tvalue-19\u00e9$5 \"q\"")
      case 20 => show(if (number == 0) "" else "value-20")
      case 21 => show("%s:value-21".format("u"))
      case 22 => show("value-22" :: Nil)
      case 23 => show(Array("value-23").head)
      case 24 => show(("user", "value-24")._2)
      case 25 => show("value-25" match { case found => found.reverse })
      case 26 => show(Some("value-26").map(_.toUpperCase).get)
      case 27 => val config = new Config("p"); config.password = "value-27"; show(config.password)
      case 28 => show(48151628 + 1)
      case 29 => show("""user
        |value-29""".stripMargin)
      case 30 => show("value-30" + s"${"é"}")
    }
  }
}
"#;

const COUNT: usize = 31;

fn values() -> Vec<(String, String)> {
    let value = |index| if index == 28 { "48151628".to_owned() } else { format!("value-{index:02}") };
    (0..COUNT).map(|index| (value(index), format!("V{index:02}"))).collect()
}

#[test]
fn rewritten_programs_mean_the_same() {
    let values = values();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    let after = lift("scala", SHAPES, &pairs).expect("every shape can be lifted");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Before.scala"), SHAPES).expect("written");
    let renamed = after.replace("package original", "package rewritten");
    std::fs::write(folder.path().join("After.scala"), renamed).expect("written");
    let build = ["-encoding", "UTF-8", "-d", ".", "Before.scala", "After.scala"];
    let Some(built) = run(folder.path(), "scalac", &build, &[]) else { return missing("scalac") };
    assert!(built.0, "it compiles: {}\n{after}", built.1);
    let cases: Vec<String> = (0..COUNT).map(|index| index.to_string()).collect();
    let scala = |class: &str, variables: &[(&str, &str)]| {
        let mut arguments = vec!["-Dfile.encoding=UTF-8", "-cp", ".", class];
        arguments.extend(cases.iter().map(String::as_str));
        let (worked, text) = run(folder.path(), "scala", &arguments, variables).expect("scala is there");
        assert!(worked, "{text}");
        text.split("case ").skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<(&str, &str)> = pairs.iter().map(|(value, name)| (*name, *value)).collect();
    let original = scala("original.Main", &[]);
    assert_eq!(original.len(), COUNT);
    assert!(original.iter().all(|case| case.lines().count() > 1 && !case.contains("failed")), "{original:?}");
    assert_eq!(scala("rewritten.Main", &all), original, "the same with the variables set: {after}");
    for (case, (_, name)) in scala("rewritten.Main", &[]).iter().zip(&pairs) {
        assert!(case.contains(&format!("failed: key not found: {name}")), "fails loudly: {case}");
        assert!(!case.contains("equal") && !case.contains("different"), "takes no branch: {case}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("object A { def f(x: String) = x match { case \"hunter2x\" => 1; case _ => 0 } }\n", "pattern"),
        ("object A { @deprecated(\"hunter2x\", \"1\") def f = 1 }\n", "annotation"),
        ("object A { final val X = \"hunter2x\"; @deprecated(X, \"1\") def f = 1 }\n", "used-as-constant"),
        ("object A { def f(sys: String) = sys + \"hunter2x\" }\n", "shadowed-module"),
        ("object A { val m = Map(\"hunter2x\" -> 1) }\n", "mapping-key"),
    ] {
        assert_eq!(refused("scala", source, "hunter2x"), code, "{source}");
    }
}
