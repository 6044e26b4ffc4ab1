//! Defender's own functions, in KQL. They enrich rows from Microsoft's services; here there is no such service, so the
//! columns they add are there and empty, and the binder says so.

/// Definitions as `let` statements, read when an engine is built.
///
/// Source: advanced-hunting-fileprofile-function, advanced-hunting-seenby-function,
/// advanced-hunting-assignedipaddresses-function, advanced-hunting-devicefromip-function.
pub(crate) const LIBRARY: &str = r"
let FileProfile = (T:(*), hash:string='SHA1', limit:long=100) {
    T
    | extend GlobalPrevalence = int(null), GlobalFirstSeen = datetime(null), GlobalLastSeen = datetime(null),
        Signer = '', Issuer = '', SignerHash = '', IsCertificateValid = bool(null), IsRootSignerMicrosoft = bool(null),
        SignatureState = '', IsExecutable = bool(null), ThreatName = '', Publisher = '', SoftwareName = '',
        ProfileAvailability = ''
};
let SeenBy = (T:(*)) { T | extend SeenBy = dynamic(null) };
let AssignedIPAddresses = (device:string, at:datetime=datetime(null)) {
    print Timestamp = datetime(null), IPAddress = '', IPType = '', NetworkAdapterType = '', ConnectedNetworks = ''
    | where false
};
let DeviceFromIP = (address:string, at:datetime=datetime(null)) { print IP = address, DeviceId = '' | where false };
";

/// Names of the functions that answer without the service behind them.
pub(crate) const WITHOUT_SERVICE: &[&str] = &["FileProfile", "SeenBy", "AssignedIPAddresses", "DeviceFromIP"];
