import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Secrets from HashiCorp Vault or OpenBao, each read once.
///
/// Made by keylift, for Swift 5.5 and later. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or
/// ~/.vault-token) and VAULT_NAMESPACE; a private authority's certificate belongs into the trust store of the machine. The
/// program ends where a secret cannot be read: there is no default.
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

    private static func setting(_ name: String, _ usual: String) -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return usual }
        return value
    }

    private static func read(_ name: String) throws -> String {
        var address = setting("VAULT_ADDR", "")
        while address.hasSuffix("/") {
            address.removeLast()
        }
        if address.isEmpty {
            throw Failure(description: "VAULT_ADDR is not set")
        }
        var token = setting("VAULT_TOKEN", "")
        if token.isEmpty {
            let file = URL(fileURLWithPath: NSHomeDirectory()).appendingPathComponent(".vault-token")
            token = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let versions = setting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@") != "1"
        let mount = setting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@")
        let prefix = setting("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@")
        let whole = [mount, versions ? "data" : "", prefix, name].joined(separator: "/")
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        let parts = whole.split(separator: "/").compactMap { String($0).addingPercentEncoding(withAllowedCharacters: plain) }
        guard let url = URL(string: address + "/v1/" + parts.joined(separator: "/")) else {
            throw Failure(description: "VAULT_ADDR is no address")
        }
        var request = URLRequest(url: url, timeoutInterval: 30)
        request.setValue(token, forHTTPHeaderField: "X-Vault-Token")
        request.setValue("true", forHTTPHeaderField: "X-Vault-Request")
        let namespace = setting("VAULT_NAMESPACE", "")
        if !namespace.isEmpty {
            request.setValue(namespace, forHTTPHeaderField: "X-Vault-Namespace")
        }
        let body = try Exchange().answer(to: request)
        let answer = try JSONSerialization.jsonObject(with: body) as? [String: Any]
        var data = answer?["data"] as? [String: Any]
        if versions {
            data = data?["data"] as? [String: Any]
        }
        guard let value = data?["@KEYLIFT_FIELD@"] as? String else {
            throw Failure(description: "the answer has no text in the field @KEYLIFT_FIELD@")
        }
        return value
    }

    /// One request, waited for.
    private final class Exchange: NSObject, URLSessionTaskDelegate, @unchecked Sendable {
        private let done = DispatchSemaphore(value: 0)
        private var result: Result<Data, Error> = .failure(Failure(description: "there was no answer"))

        func answer(to request: URLRequest) throws -> Data {
            let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
            defer { session.finishTasksAndInvalidate() }
            let task = session.dataTask(with: request) { data, response, error in
                if let error = error {
                    self.result = .failure(error)
                } else if let status = (response as? HTTPURLResponse)?.statusCode, status != 200 {
                    self.result = .failure(Failure(description: "the server answered \(status)"))
                } else if let data = data {
                    self.result = .success(data)
                }
                self.done.signal()
            }
            task.resume()
            done.wait()
            return try result.get()
        }

        /// The token is for one server alone: redirects are not followed.
        func urlSession(
            _ session: URLSession,
            task: URLSessionTask,
            willPerformHTTPRedirection response: HTTPURLResponse,
            newRequest request: URLRequest,
            completionHandler: @escaping (URLRequest?) -> Void
        ) {
            completionHandler(nil)
        }
    }
}
