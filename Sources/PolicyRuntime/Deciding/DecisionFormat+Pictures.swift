public import EnvironmentInterface
public import Foundation

extension DecisionFormat {
  /// Reads a picture from the bytes of a file.
  public typealias PictureDecoder = @Sendable (_ file: Data) throws -> Scene.Picture

  /// A picture that is given in base64: a text (a PNG or JPEG file, also as a data URL), or an
  /// object `{"raw": bytes, "shape": [rows, pixels, channels]}`; nil for one that is given
  /// otherwise.
  func encodedPicture(
    _ step: Any, of format: ImageFormat, _ field: String
  ) throws -> ObservationValue? {
    if let text = step as? String {
      let file = try bytes(text, field)
      guard let decodePicture else {
        throw malformed(field, "holds a file, but this program reads no pictures")
      }
      do {
        return try value(of: decodePicture(file), format, field)
      } catch let error as ImitationError {
        throw error
      } catch {
        throw malformed(field, "cannot be used: \(error)")
      }
    }
    guard let raw = step as? [String: Any] else { return nil }
    guard let text = raw["raw"] as? String, Set(raw.keys).isSubset(of: ["raw", "shape"]) else {
      throw malformed(field, "must be objects {\"raw\": bytes in base64, \"shape\": […]}")
    }
    guard format.form?.white == nil else {
      throw malformed(field, "was recorded as numbers and not as bytes; give numbers")
    }
    let bytes = try bytes(text, field)
    let shape = raw["shape"] as? [Int] ?? format.recordedShape
    guard shape == format.recordedShape, bytes.count == format.recordedCount else {
      throw malformed(
        field,
        "has \(bytes.count) raw bytes of the shape \(Self.words(shape)), but "
          + "\(Self.words(format.recordedShape)) was recorded")
    }
    return .uint8([UInt8](bytes))
  }

  private func bytes(_ text: String, _ field: String) throws -> Data {
    // A data URL has its kind before a comma, which base64 has not.
    let encoded = text.hasPrefix("data:") ? text.split(separator: ",").last.map(String.init) : text
    guard let encoded, !encoded.isEmpty, let bytes = Data(base64Encoded: encoded) else {
      throw malformed(field, "holds text that is not base64")
    }
    return bytes
  }

  /// The picture in the order and the numbers of the recording.
  private func value(
    of picture: Scene.Picture, _ format: ImageFormat, _ field: String
  ) throws -> ObservationValue {
    let sides = format.recorded ?? [format.kept.height, format.kept.width]
    guard [picture.height, picture.width] == sides else {
      throw malformed(
        field,
        "has pictures of \(picture.height)×\(picture.width) pixels, but "
          + "\(Self.words(sides)) was recorded")
    }
    guard format.channels == 1 || format.channels == 3 else {
      throw malformed(field, "has \(format.channels) channels, which no file is read with")
    }
    let rgb = [UInt8](picture.bytes)
    let pixels = picture.height * picture.width
    var values = [UInt8](repeating: 0, count: pixels * format.channels)
    let channelsFirst = format.form?.channelsFirst == true
    for pixel in 0..<pixels {
      for channel in 0..<format.channels {
        let place = channelsFirst ? channel * pixels + pixel : pixel * format.channels + channel
        values[place] = rgb[3 * pixel + channel]
      }
    }
    guard let white = format.form?.white else { return .uint8(values) }
    return .float64(values.map { Double($0) / 255 * Double(white) })
  }

  static func words(_ shape: [Int]) -> String {
    shape.map(String.init).joined(separator: "×")
  }
}
