//! The JSON schema of a configuration file.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::keys::PartialConfig;

/// The schema of `holdall.toml`, made from the types. A profile holds what the file itself may hold.
#[must_use]
pub fn schema() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<PartialConfig>().to_value();
    let Some(root) = schema.as_object_mut() else { return schema };
    let sections = root.get("properties").cloned().unwrap_or_default();
    root.insert("title".to_owned(), json!("holdall.toml"));
    root.insert(
        "description".to_owned(),
        json!("The configuration of Holdall for a project or a user."),
    );
    if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(
            "profile".to_owned(),
            json!({
                "description": "Sets of values by name, put over the others by --profile NAME.",
                "type": "object",
                "additionalProperties": { "type": "object", "properties": sections, "additionalProperties": false },
            }),
        );
    }
    schema
}
