/* What hands can do: a table. Each row says what it is called now, why it cannot be done if it cannot, and what has
   to be said with it. A row whose verb the server does not offer to this hand is not shown.

       verb       as the server knows it; two verbs where one undoes the other
       group      where it stands in the list
       part       the part of the picture that does the same
       name       what it is called, from the scene
       params     what goes with it, always
       why        an empty text, or why it makes no sense now
       form       fields of a dialog that is filled in first; each has `name` of the parameter
*/

const SIDE = { upstream: "between bag and pump", downstream: "between pump and patient" };
const TUBE = { upstream: "supply", downstream: "line" };

export const GROUPS = [
  { id: "help", title: "Help" },
  { id: "line", title: "The line" },
  { id: "pump", title: "The pump" },
  { id: "bag", title: "The bag and the set" },
  { id: "patient", title: "At the patient" },
];

const clamp = (where) => ({
  id: `clamp-${where}`,
  group: "line",
  part: `clamp-${where}`,
  verb: (scene) => (scene[TUBE[where]].clamped ? "unclamp" : "clamp"),
  name: (scene) => `${scene[TUBE[where]].clamped ? "Open" : "Close"} the clamp ${SIDE[where]}`,
  params: { where },
});

const unkink = (where) => ({
  id: `unkink-${where}`,
  group: "line",
  part: `kink-${where}`,
  verb: () => "unkink",
  name: () => `Straighten the tubing ${SIDE[where]}`,
  params: { where },
  why: (scene) => (scene[TUBE[where]].kinked ? "" : "It is not kinked."),
});

const seal = (where) => ({
  id: `seal-${where}`,
  group: "line",
  verb: () => "seal_leak",
  name: () => `Seal the leak ${SIDE[where]}`,
  params: { where },
  why: (scene) => (scene[TUBE[where]].leaking ? "" : "No leak is to be seen."),
});

const volume = (name, label, value) => ({ name, label, kind: "quantity", unit: "mL", value, least: 0.1, most: 50, step: 0.1 });

const from = (value) => ({
  name: "where",
  label: "From where",
  kind: "choice",
  value,
  choices: [
    { value: "line", text: "the line, before the catheter" },
    { value: "catheter", text: "the catheter alone" },
  ],
});

export const HANDS = [
  clamp("upstream"),
  clamp("downstream"),
  unkink("upstream"),
  unkink("downstream"),
  { id: "tap", group: "line", part: "line-tap", verb: () => "tap", name: () => "Tap the line" },
  seal("upstream"),
  seal("downstream"),

  { id: "cassette", group: "pump", part: "cassette", verb: () => "attach_cassette", name: () => "Put the cassette on the pump", why: (scene) => (scene.cassette ? "It is on." : "") },
  { id: "door", group: "pump", part: "door", verb: () => "close_door", name: () => "Shut the door", why: (scene) => (scene.door ? "It is shut." : "") },
  { id: "mains", group: "pump", part: "plug", verb: (scene) => (scene.mains ? "unplug" : "plug"), name: (scene) => (scene.mains ? "Unplug the pump" : "Plug the pump in") },
  { id: "battery", group: "pump", part: "battery", verb: () => "change_battery", name: () => "Change the battery" },
  { id: "swap", group: "pump", verb: () => "swap_pump", name: () => "Take another pump" },

  {
    id: "bag",
    group: "bag",
    part: "bag",
    verb: () => "change_bag",
    name: () => "Change the bag",
    form: {
      title: "Change the bag",
      done: "Hang the new bag",
      fields: [
        { name: "new_set", label: "The set", kind: "choice", flag: true, value: "true", choices: [{ value: "true", text: "a new set, primed off the patient" }, { value: "false", text: "the set stays" }] },
        { name: "reset", label: "The pump’s counters", kind: "choice", flag: true, value: "true", choices: [{ value: "true", text: "are restored for the new bag" }, { value: "false", text: "stay as they are" }] },
      ],
    },
  },
  { id: "purge", group: "bag", verb: () => "purge_bag", name: () => "Take the air out of the bag", why: (scene) => (scene.bag.air_ml >= 0.05 ? "" : "No air is to be seen in it.") },
  {
    id: "reprime",
    group: "bag",
    verb: () => "reprime",
    name: () => "Re-prime the line",
    why: (_scene, panel) => (panel.mode === "off" ? "The pump is off." : ""),
    form: {
      title: "Re-prime the line",
      done: "Prime",
      fields: [
        volume("volume", "How much", "3"),
        {
          name: "connected",
          label: "Is the line disconnected from the patient?",
          kind: "choice",
          flag: true,
          choices: [{ value: "false", text: "Yes, I take it off first" }, { value: "true", text: "No, it stays on the patient" }],
        },
      ],
    },
  },
  { id: "set", group: "bag", verb: () => "change_set", name: () => "Change the set" },
  { id: "filter", group: "bag", verb: () => "change_filter", name: () => "Change the filter", why: (scene) => (scene.filtered ? "" : "This line has no filter.") },
  { id: "residual", group: "bag", verb: () => "check_residual", name: () => "Weigh what is left in the bag" },

  {
    id: "connection",
    group: "patient",
    part: "connector",
    verb: (scene) => (scene.connected ? "disconnect" : "reconnect"),
    name: (scene) => (scene.connected ? "Disconnect the line from the catheter" : "Connect the line to the catheter"),
  },
  {
    id: "double-clamp",
    group: "patient",
    verb: () => "double_clamp",
    name: () => "Double clamp the line",
    why: (scene) => (scene.supply.clamped && scene.line.clamped && scene.catheter.clamped ? "Both sides are clamped." : ""),
  },
  { id: "flush", group: "patient", verb: () => "flush", name: () => "Flush with saline", form: { title: "Flush with saline", done: "Flush", fields: [volume("volume", "How much", "5"), from("line")] } },
  { id: "aspirate", group: "patient", verb: () => "aspirate", name: () => "Aspirate with a syringe", form: { title: "Aspirate with a syringe", done: "Draw back", fields: [volume("volume", "How much", "2"), from("catheter")] } },
  {
    id: "saline",
    group: "patient",
    verb: () => "infuse_saline",
    name: () => "Run saline beside it",
    form: {
      title: "Run saline from a second source",
      done: "Run saline",
      fields: [{ name: "rate", label: "How fast", kind: "quantity", unit: "mL/h", value: "5", least: 0.1, most: 500, step: 0.1 }, volume("volume", "How much", "10")],
    },
  },
  { id: "thrombolytic", group: "patient", verb: () => "thrombolytic", name: () => "Put in a thrombolytic" },
  { id: "lumen", group: "patient", verb: () => "use_lumen", name: () => "Go over to the other lumen" },
  {
    id: "height",
    group: "patient",
    verb: () => "move_pump",
    name: () => "Carry the pump to another height",
    form: {
      title: "Carry the pump to another height",
      done: "Carry it there",
      fields: [
        {
          name: "site_above",
          label: "Where to",
          kind: "choice",
          value: "0 cm",
          choices: [
            { value: "0 cm", text: "beside the patient, as high as the catheter" },
            { value: "50 cm", text: "on the floor, 50 cm below the catheter" },
            { value: "-50 cm", text: "on a shelf, 50 cm above the catheter" },
          ],
        },
      ],
    },
  },

  { id: "nurse", group: "help", verb: () => "call_nurse", name: () => "Call the nurse" },
  { id: "physician", group: "help", verb: () => "call_physician", name: () => "Call the physician" },
  { id: "hospital", group: "help", verb: () => "go_to_hospital", name: () => "Go to the hospital" },
];

/** What a hand at work is doing, in words. */
const DOING = {
  tap: "tapping the line",
  reprime: "re-priming the line",
  change_bag: "changing the bag",
  change_set: "changing the set",
  change_battery: "changing the battery",
  thrombolytic: "waiting for the thrombolytic to work",
  swap_pump: "taking another pump",
  prime: "priming",
  press: "pressing a key",
  go_to_hospital: "on the way to the hospital",
};

export function doing({ verb, text }) {
  return DOING[verb] ?? text;
}

/** The hands that the server offers, of those in the table. */
export function offered(hands) {
  const undone = { plug: "unplug", disconnect: "reconnect", clamp: "unclamp" };
  const known = (row) => {
    const verb = row.verb(ANY_SCENE);
    return verb in hands && (!(verb in undone) || undone[verb] in hands);
  };
  return HANDS.filter(known);
}

const ANY_SCENE = { supply: {}, line: {}, catheter: {}, bag: {}, battery: {}, connected: true };
