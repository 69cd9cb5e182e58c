/// A key as an earlier version wrote it.
private struct FormerKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer {
  /// The value of a key, or of the name that it had before.
  ///
  /// - Throws: `DecodingError`; where neither is there, it names the key.
  func decode<Value: Decodable>(
    _ type: Value.Type, forKey key: Key, before formerName: String, _ decoder: any Decoder
  ) throws -> Value {
    if !contains(key) {
      let former = try decoder.container(keyedBy: FormerKey.self)
      if let value = try former.decodeIfPresent(type, forKey: FormerKey(stringValue: formerName)) {
        return value
      }
    }
    return try decode(type, forKey: key)
  }
}
