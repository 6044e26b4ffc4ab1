//! Defender's tables, compiled in and read one at a time when first needed: a query names a few of them,
//! and reading all takes longer than planning it.

use std::sync::OnceLock;

use crate::TableDef;

#[derive(Debug)]
pub(crate) struct BuiltIn {
    pub(crate) name: &'static str,
    text: &'static str,
    def: OnceLock<TableDef>,
}

impl BuiltIn {
    pub(crate) fn def(&self) -> &TableDef {
        self.def.get_or_init(|| {
            TableDef::from_toml(self.name, self.text).expect("compiled in, and a test reads every definition")
        })
    }
}

macro_rules! tables {
    ($($name:literal)*) => {
        pub(crate) static TABLES: [BuiltIn; [$($name),*].len()] = [$(BuiltIn {
            name: $name,
            text: include_str!(concat!("../tables/", $name, ".toml")),
            def: OnceLock::new(),
        }),*];
    };
}

tables! {
    "AADSignInEventsBeta"
    "AADSpnSignInEventsBeta"
    "AIAgentsInfo"
    "AgentsInfo"
    "AlertEvidence"
    "AlertInfo"
    "BehaviorEntities"
    "BehaviorInfo"
    "CallActivityEvents"
    "CampaignInfo"
    "CloudAppEvents"
    "CloudAuditEvents"
    "CloudDnsEvents"
    "CloudPolicyEnforcementEvents"
    "CloudProcessEvents"
    "CloudStorageAggregatedEvents"
    "DataSecurityBehaviors"
    "DataSecurityEvents"
    "DeviceBaselineComplianceAssessment"
    "DeviceBaselineComplianceAssessmentKB"
    "DeviceBaselineComplianceProfiles"
    "DeviceEvents"
    "DeviceFileCertificateInfo"
    "DeviceFileEvents"
    "DeviceImageLoadEvents"
    "DeviceInfo"
    "DeviceLogonEvents"
    "DeviceNetworkEvents"
    "DeviceNetworkInfo"
    "DeviceProcessEvents"
    "DeviceRegistryEvents"
    "DeviceTvmBrowserExtensions"
    "DeviceTvmBrowserExtensionsKB"
    "DeviceTvmCertificateInfo"
    "DeviceTvmHardwareFirmware"
    "DeviceTvmInfoGathering"
    "DeviceTvmInfoGatheringKB"
    "DeviceTvmSecureConfigurationAssessment"
    "DeviceTvmSecureConfigurationAssessmentKB"
    "DeviceTvmSoftwareEvidenceBeta"
    "DeviceTvmSoftwareInventory"
    "DeviceTvmSoftwareVulnerabilities"
    "DeviceTvmSoftwareVulnerabilitiesKB"
    "DisruptionAndResponseEvents"
    "EmailAttachmentInfo"
    "EmailEvents"
    "EmailPostDeliveryEvents"
    "EmailUrlInfo"
    "EntraIdSignInEvents"
    "EntraIdSpnSignInEvents"
    "ExposureGraphEdges"
    "ExposureGraphNodes"
    "FileMaliciousContentInfo"
    "GraphApiAuditEvents"
    "IdentityAccountInfo"
    "IdentityDirectoryEvents"
    "IdentityEvents"
    "IdentityInfo"
    "IdentityLogonEvents"
    "IdentityQueryEvents"
    "MessageContents"
    "MessageEvents"
    "MessagePostDeliveryEvents"
    "MessageUrlInfo"
    "OAuthAppInfo"
    "UrlClickEvents"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tables");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("schema/tables")
            .map(|entry| entry.expect("a readable folder").file_name().into_string().expect("ASCII names"))
            .collect();
        files.sort();
        let listed: Vec<String> = TABLES.iter().map(|table| format!("{}.toml", table.name)).collect();
        assert_eq!(listed, files);
    }

    #[test]
    fn definitions_are_sound() {
        for table in TABLES.iter().map(BuiltIn::def) {
            assert!(!table.summary.is_empty(), "{} has no summary", table.name);
            assert_eq!(table.time_column.is_some(), table.time_index().is_some(), "{}", table.name);
            for (at, column) in table.columns.iter().enumerate() {
                let resolved = table.resolve_column(&column.name).expect("its own name");
                assert_eq!(resolved.index, at, "{}.{} is there twice", table.name, column.name);
                for alias in &column.aliases {
                    assert!(table.column(alias).is_none(), "{}.{alias} is a column already", table.name);
                }
            }
        }
    }
}
