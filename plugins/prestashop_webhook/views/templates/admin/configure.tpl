{**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 *}
<link rel="stylesheet" href="{$shopbridge_assets|escape:'html':'UTF-8'}css/admin.css?v={$shopbridge_version|escape:'html':'UTF-8'}">
<div class="shopbridge">
  {foreach $shopbridge_messages as $message}
    <div class="alert alert-{$message.kind|escape:'html':'UTF-8'}" role="status">{$message.text|escape:'html':'UTF-8'}</div>
  {/foreach}
  {if $shopbridge_scope}
    <div class="alert alert-info">{$shopbridge_scope|escape:'html':'UTF-8'}</div>
  {/if}

  <form method="post" action="{$shopbridge_action|escape:'html':'UTF-8'}" class="panel" autocomplete="off">
    <h3 class="panel-heading">{l s='Your hub' d='Modules.Shopbridge.Admin'}</h3>
    <div class="form-group">
      <label for="shopbridge_url">{l s='Webhook URL' d='Modules.Shopbridge.Admin'}</label>
      {if $shopbridge_joined}
        <p class="shopbridge-now">{l s='Saved:' d='Modules.Shopbridge.Admin'} <code>{$shopbridge_url|escape:'html':'UTF-8'}</code></p>
      {/if}
      <input type="text" id="shopbridge_url" name="shopbridge_url" class="form-control" value="{$shopbridge_typed|escape:'html':'UTF-8'}" autocomplete="off" spellcheck="false"
        placeholder="{if $shopbridge_joined}{l s='Paste another one to replace it' d='Modules.Shopbridge.Admin'}{else}https://…/hooks/prestashop/…#whsec_…{/if}" aria-describedby="shopbridge_url_help">
      <p class="help-block" id="shopbridge_url_help">{l s='Copy it from your connection in Shopbridge, whole. The part after # is a secret: it is kept encrypted and not shown again.' d='Modules.Shopbridge.Admin'}</p>
    </div>
    <fieldset class="form-group">
      <legend>{l s='What is told to the hub' d='Modules.Shopbridge.Admin'}</legend>
      {foreach $shopbridge_families as $family}
        <div class="shopbridge-family">
          <label><input type="checkbox" name="shopbridge_on[]" value="{$family.name|escape:'html':'UTF-8'}"{if $family.on} checked="checked"{/if}> {$family.title|escape:'html':'UTF-8'}</label>
        </div>
      {/foreach}
      <p class="help-block">{l s='What is off is still found by the hub’s own comparison, but later.' d='Modules.Shopbridge.Admin'}</p>
    </fieldset>
    <div class="panel-footer shopbridge-buttons">
      <button type="submit" name="shopbridge_save" value="1" class="btn btn-primary">{l s='Save' d='Modules.Shopbridge.Admin'}</button>
      <button type="submit" name="shopbridge_test" value="1" class="btn btn-default">{l s='Send test event' d='Modules.Shopbridge.Admin'}</button>
      {if $shopbridge_can_leave}
        <button type="submit" name="shopbridge_leave" value="1" class="btn btn-link" data-shopbridge-confirm="{if $shopbridge_leave_is_all}{l s='Forget this hub? Changes are no longer sent until you paste a Webhook URL again.' d='Modules.Shopbridge.Admin'}{/if}">{if $shopbridge_leave_is_all}{l s='Forget this hub' d='Modules.Shopbridge.Admin'}{else}{l s='Use the settings of all shops' d='Modules.Shopbridge.Admin'}{/if}</button>
      {/if}
    </div>
  </form>

  <form method="post" action="{$shopbridge_action|escape:'html':'UTF-8'}" class="panel">
    <h3 class="panel-heading">{l s='Health' d='Modules.Shopbridge.Admin'}</h3>
    <ul class="shopbridge-checks">
      {foreach $shopbridge_checks as $check}
        <li class="shopbridge-check shopbridge-{$check->state|escape:'html':'UTF-8'}" data-check="{$check->name|escape:'html':'UTF-8'}">
          <span class="shopbridge-mark" aria-hidden="true"></span>
          <div>
            <strong>{$check->title|escape:'html':'UTF-8'}</strong>
            <span class="shopbridge-word">{if $check->state == 'ok'}{l s='Well' d='Modules.Shopbridge.Admin'}{elseif $check->state == 'need'}{l s='Needs you' d='Modules.Shopbridge.Admin'}{else}{l s='Not yet' d='Modules.Shopbridge.Admin'}{/if}</span>
            <p>{$check->says|escape:'html':'UTF-8'}</p>
            {if $check->todo}<p class="shopbridge-todo">{$check->todo|escape:'html':'UTF-8'}</p>{/if}
          </div>
        </li>
      {/foreach}
    </ul>
    {if $shopbridge_dead}
      <h4>{l s='Refused by the hub' d='Modules.Shopbridge.Admin'}</h4>
      <div class="table-responsive">
        <table class="table">
          <thead><tr><th scope="col">{l s='What' d='Modules.Shopbridge.Admin'}</th><th scope="col">{l s='Why' d='Modules.Shopbridge.Admin'}</th><th scope="col">{l s='When' d='Modules.Shopbridge.Admin'}</th><th scope="col"></th></tr></thead>
          <tbody>
            {foreach $shopbridge_dead as $dead}
              <tr>
                <td>{$dead.what|escape:'html':'UTF-8'}</td>
                <td>{$dead.says|escape:'html':'UTF-8'}</td>
                <td>{$dead.time|escape:'html':'UTF-8'}</td>
                <td><button type="submit" name="shopbridge_retry" value="{$dead.number|escape:'html':'UTF-8'}" class="btn btn-default btn-sm">{l s='Retry' d='Modules.Shopbridge.Admin'}</button></td>
              </tr>
            {/foreach}
          </tbody>
        </table>
      </div>
    {/if}
    <div class="panel-footer shopbridge-buttons">
      <button type="submit" name="shopbridge_check" value="1" class="btn btn-default">{l s='Check now' d='Modules.Shopbridge.Admin'}</button>
      {if $shopbridge_dead}
        <button type="submit" name="shopbridge_retry" value="0" class="btn btn-default">{l s='Retry all' d='Modules.Shopbridge.Admin'}</button>
      {/if}
    </div>
  </form>

  <div class="panel">
    <h3 class="panel-heading">{l s='Cron' d='Modules.Shopbridge.Admin'}</h3>
    <p>{l s='Let your server call this address every minute. Without it, changes are sent when someone uses the shop.' d='Modules.Shopbridge.Admin'}</p>
    <div class="shopbridge-copy">
      <label for="shopbridge_cron" class="sr-only">{l s='Cron address' d='Modules.Shopbridge.Admin'}</label>
      <input type="text" id="shopbridge_cron" class="form-control" readonly="readonly" value="{$shopbridge_cron|escape:'html':'UTF-8'}">
      <button type="button" class="btn btn-default" data-shopbridge-copy="shopbridge_cron" data-copied="{l s='Copied' d='Modules.Shopbridge.Admin'}">{l s='Copy' d='Modules.Shopbridge.Admin'}</button>
    </div>
    <p class="help-block">{l s='As a line of a crontab:' d='Modules.Shopbridge.Admin'} <code>* * * * * curl -fsS -o /dev/null "{$shopbridge_cron|escape:'html':'UTF-8'}"</code></p>
    <p class="help-block">{l s='Anyone who knows this address can start the sending, and nothing else.' d='Modules.Shopbridge.Admin'}</p>
  </div>
</div>
<script src="{$shopbridge_assets|escape:'html':'UTF-8'}js/admin.js?v={$shopbridge_version|escape:'html':'UTF-8'}" defer="defer"></script>
