// One of several.
interface RadiosProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

export const Radios = <T extends string>(props: RadiosProps<T>) => (
  <fieldset className="radios">
    <legend>{props.label}</legend>
    {props.options.map(([value, label]) => (
      <label key={value} className="radio">
        <input
          type="radio"
          name={props.label}
          checked={props.value === value}
          onChange={() => props.onChange(value)}
        />
        {label}
      </label>
    ))}
  </fieldset>
);
