// What is to be spent, as people have it: operations, devices for hours, money, or a day by which it must be done.

public import ApusCore

/// A budget and the machines that spend it.
public struct Budget: Sendable, Equatable {
  /// What a budget's operations are.
  public enum Basis: Sendable, Equatable {
    /// A law's C = 6 N D, as papers give it; training takes more, for attention.
    case law
    /// All that machines can do in the time or for the money.
    case machines
  }

  /// The operations to spend, in FLOPs.
  public var compute: Double
  /// What these operations are.
  public var basis: Basis
  /// Seconds by which training must be done, where devices are as many as that takes.
  public var deadline: Double?
  /// What trains.
  public var device: Device
  /// How many of them; nil where nobody said and nothing asks for a number.
  public var devices: Int?
  /// What a device costs an hour, in dollars.
  public var hourlyPrice: Double?

  /// What a user may say of a budget; the rest follows.
  public struct Request: Sendable, Equatable {
    /// Operations.
    public var compute: Double?
    /// The number of devices.
    public var devices: Int?
    /// Hours of training, or until the deadline.
    public var hours: Double?
    /// Dollars.
    public var money: Double?
    /// Dollars a device and hour.
    public var hourlyPrice: Double?

    /// States a request.
    public init(
      compute: Double? = nil, devices: Int? = nil, hours: Double? = nil, money: Double? = nil,
      hourlyPrice: Double? = nil
    ) {
      self.compute = compute
      self.devices = devices
      self.hours = hours
      self.money = money
      self.hourlyPrice = hourlyPrice
    }
  }

  /// The budget that a request amounts to: operations as they are, money at a price, or devices for hours. Where
  /// operations or money come with hours alone, as many devices as meet the deadline.
  ///
  /// - Throws: A request that says too little or too much, or is out of all proportion.
  public init(_ request: Request, device: Device) throws(ApusError) {
    self.device = device
    hourlyPrice = request.hourlyPrice
    let spent = try Self.compute(request, device)
    guard spent.isFinite, spent >= 1e6, spent <= 1e40 else {
      throw ApusError(
        .usage, "the budget is \(NumberText.short(spent)) FLOPs", remedy: "give one between 1e6 and 1e40")
    }
    compute = spent
    basis = request.compute == nil ? .machines : .law
    devices = request.devices
    deadline = request.devices == nil ? request.hours.map { $0 * 3600 } : nil
    try meetDeadline(spent)
  }

  /// Takes as many devices as finish `operations` by the deadline, where there is one.
  ///
  /// - Throws: More devices than there are.
  mutating func meetDeadline(_ operations: Double) throws(ApusError) {
    guard let deadline else { return }
    let needed = (operations / (device.rate * deadline)).rounded(.up)
    guard needed <= 1e8 else {
      throw ApusError(
        .usage, "\(NumberText.short(needed)) devices would be needed within \(NumberText.short(deadline / 3600)) hours",
        remedy: "allow more time or spend less")
    }
    devices = max(1, Int(needed))
  }

  private static func compute(_ request: Request, _ device: Device) throws(ApusError) -> Double {
    let ways = [request.compute != nil, request.money != nil, request.devices != nil && request.hours != nil]
    if ways.filter(\.self).count > 1 {
      throw ApusError(
        .usage, "the budget is given in more than one way",
        remedy: "give operations, or money, or devices and hours")
    }
    if let compute = request.compute { return compute }
    if let money = request.money {
      guard let price = request.hourlyPrice else {
        throw ApusError(.usage, "money buys hours at a price, and none is given", remedy: "give --price")
      }
      return money / price * 3600 * device.rate
    }
    guard let devices = request.devices, let hours = request.hours else {
      throw ApusError(
        .usage, "there is no budget",
        remedy: "give --compute, or --money with --price, or --devices with --hours")
    }
    return Double(devices) * hours * 3600 * device.rate
  }

  /// Device hours.
  public var deviceHours: Double { compute / device.rate / 3600 }

  /// Seconds on the devices; nil where their number is unknown.
  public var seconds: Double? { devices.map { compute / device.rate / Double($0) } }

  /// Dollars; nil without a price.
  public var money: Double? { hourlyPrice.map { $0 * deviceHours } }
}
