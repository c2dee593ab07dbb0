import Foundation

/// Secrets from AWS Secrets Manager, each read once.
///
/// Made by keylift, for Swift 5.5 and later. Amazon's library for Swift answers to `await` alone, and a constant cannot wait:
/// this runs the AWS command line interface (`aws`); region and credentials come from its own chain. The program ends where
/// a secret cannot be read: there is no default.
enum KeyliftSecrets {
    private static let known = Known()

    /// The secret of that name, as text.
    static func get(_ name: String) -> String {
        known.lock.lock()
        defer { known.lock.unlock() }
        if let value = known.values[name] {
            return value
        }
        do {
            let value = try read(name)
            known.values[name] = value
            return value
        } catch {
            fatalError("The secret \(name) could not be read: \(error)")
        }
    }

    private final class Known: @unchecked Sendable {
        let lock = NSLock()
        var values: [String: String] = [:]
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func read(_ name: String) throws -> String {
        var variables = ProcessInfo.processInfo.environment
        let prefix = variables["KEYLIFT_AWS_PREFIX"] ?? "@KEYLIFT_PREFIX@"
        var arguments = ["aws", "secretsmanager", "get-secret-value", "--query", "SecretString", "--output", "json"]
        arguments += ["--secret-id", prefix + name]
        // Version 1 of `aws` does not know the variable.
        if let region = variables["AWS_REGION"], !region.isEmpty {
            arguments += ["--region", region]
        }
        variables["AWS_PAGER"] = ""
        variables["PYTHONUTF8"] = "1"
        variables["PYTHONIOENCODING"] = "UTF-8"
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        if process.terminationStatus != 0 {
            throw Failure(description: "aws ended with status \(process.terminationStatus)")
        }
        guard let value = try JSONSerialization.jsonObject(with: text, options: .allowFragments) as? String else {
            throw Failure(description: "it has no text")
        }
        return value
    }
}
